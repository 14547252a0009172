import assert from "node:assert/strict"
import { after, before, test, type TestContext } from "node:test"
import { setTimeout as wait } from "node:timers/promises"
import { formatSourceToken } from "@ringback/events/token"
import { type LogLine, makeSpoolDir, runCollector } from "../harness/collector.ts"
import { startFlow, type Flow } from "../harness/flow.ts"
import { Pbx } from "../harness/pbx.ts"
import { startReceiver, type Webhook } from "../harness/receiver.ts"
import { isQuiet, makeCustomer, makeEndpoint } from "../harness/system.ts"
import { until } from "../harness/until.ts"
import { Wire } from "../harness/wire.ts"

// Half a minute of real life, in which collectors speak and ingest puts off what it cannot decide, is four seconds here:
// a connection that is cut every few seconds is cut every few hundred milliseconds. A machine that gives this process no
// CPU for so long would make gaps of its own.
const HALF_MINUTE_MS = 4_000
const EVENTS = Number(process.env["RINGBACK_TEST_TWIN_EVENTS"] ?? 300)
const SEED = Number(process.env["RINGBACK_TEST_SEED"] ?? 41)
const PER_SECOND = 150
const LEAST_PER_TURN = 10
const MOST_PER_TURN = 50
const TURNS = Math.ceil(EVENTS / LEAST_PER_TURN)

const LAST = "LastOfAll"
const turnName = (turn: number) => `Turn${turn}`

let flow: Flow
before(async () => void (flow = await startFlow({ holdSeconds: HALF_MINUTE_MS / 1_000 })))
after(() => flow.close())

async function startTwins(t: TestContext) {
  const pbx = await Pbx.start({ hasTimestamps: true })
  const customer = await makeCustomer(flow.deps)
  const receiver = await startReceiver()
  await makeEndpoint(flow.deps, customer.tenant, receiver.url)
  const { source, key } = customer.source
  const text = formatSourceToken({ tenant: source.tenant, source: source.id, ...key })
  const queue = { url: flow.stack.queues.Ingest.url, token: { text } }
  const twins = await Promise.all(
    ["A", "B"].map(async (name) => {
      const spool = makeSpoolDir()
      const wire = await Wire.start(pbx)
      const collector = await runCollector(pbx, queue, spool.dir, {
        ami: wire.target,
        tuning: { backoffMinMs: 20, backoffMaxMs: 200 },
        heartbeatMs: HALF_MINUTE_MS,
        amiEvents: [LAST, ...Array.from({ length: TURNS + 1 }, (_, turn) => turnName(turn))],
      })
      await collector.ready
      const close = async () => {
        await collector.stop()
        await wire.down()
        spool.remove()
      }
      return { name, wire, collector, close }
    }),
  )
  t.after(async () => {
    await Promise.all(twins.map(({ close }) => close()))
    await pbx.close()
    await receiver.close()
  })
  const webhooks = () => receiver.arrived.map(({ webhook }) => webhook)
  return { pbx, twins, webhooks }
}

type Twin = Awaited<ReturnType<typeof startTwins>>["twins"][number]

/** Numbers every event; some are known by their version, some by their `Timestamp` alone. When each was said. */
function makeSpeaker(pbx: Pbx) {
  const saidAt: number[] = []
  const say = (name?: string) => {
    const number = saidAt.push(Date.now()) - 1
    const about: [string, string][] = [
      ["Uuid", `u-${number % 7}`],
      ["Detail", String(number)],
    ]
    if (name) pbx.emit(name, about)
    else if (number % 2 === 0) pbx.emit("OutQueueUpdate", about)
    else pbx.emit("OutCampaignUpdate", [...about, ["TmUpdate", `2026-11-22T10:00:00.${number}Z`]])
  }
  return { say, saidAt }
}

function makeRandom(seed: number) {
  let state = seed
  return (from: number, to: number) =>
    from + ((state = (state * 48_271) % 2_147_483_647) % (to - from))
}

/** Says events without a pause, and cuts one of the two at a time, after any event and any byte. */
async function flap(twins: Twin[], { say, saidAt }: ReturnType<typeof makeSpeaker>) {
  const random = makeRandom(SEED)
  let turn = 0
  let last: Twin | undefined
  const ended = new AbortController()
  const speaking = speakFor(say, ended.signal)
  try {
    while (saidAt.length < EVENTS) {
      const cutAt = saidAt.length + random(LEAST_PER_TURN, MOST_PER_TURN)
      await until(() => saidAt.length >= cutAt)
      const twin = twins[random(0, 2)]!
      // What was said before the other one's login may still be on its way to this one.
      const heard = turnName(turn)
      if (last && last !== twin) await until(() => twin.collector.status().events[heard] === 1)
      const { sessions } = twin.collector.status()
      twin.wire.cut(random(0, 2_000))
      await until(() => {
        const status = twin.collector.status()
        return status.sessions > sessions && status.session === "connected"
      })
      last = twin
      say(turnName(++turn))
    }
  } finally {
    ended.abort()
    await speaking
  }
}

async function speakFor(say: () => void, signal: AbortSignal) {
  for (let credit = 0; !signal.aborted; await wait(5)) {
    for (credit += (5 * PER_SECOND) / 1_000; credit >= 1; credit--) say()
  }
}

const isOfPbx = ({ type }: Webhook) => type !== "source.gap"
const numberOf = ({ data }: Webhook) => Number(data["detail"])
const timesOf = (lines: LogLine[]) =>
  lines
    .filter(({ event }) => event === "gap")
    .map(({ from, to }) => [Date.parse(from as string), Date.parse(to as string)] as const)

test("twins on flapping connections lose nothing and repeat nothing; what both miss is one gap", async (t) => {
  const { pbx, twins, webhooks } = await startTwins(t)
  const speaker = makeSpeaker(pbx)
  const { say, saidAt } = speaker
  await flap(twins, speaker)
  await until(() => new Set(webhooks().map(numberOf)).size >= saidAt.length, {
    seconds: 180 + EVENTS / 10,
    what: () => `${saidAt.length} events; there are ${webhooks().length}`,
  })
  await until(() => isQuiet(flow.stack))
  const numbers = webhooks().filter(isOfPbx).map(numberOf)
  const cuts = twins.map(({ collector }) => collector.status().sessions - 1)
  const repeats = numbers.length - new Set(numbers).size
  const gaps = webhooks().filter((each) => !isOfPbx(each))
  t.diagnostic(
    `seed ${SEED}: ${saidAt.length} events, ${cuts.join(" and ")} cuts, ${numbers.length} webhooks, ${repeats} twice, ${gaps.length} gaps`,
  )
  assert.ok(Math.min(...cuts) >= 2)
  assert.deepEqual(
    numbers.sort((a, b) => a - b),
    saidAt.map((_, number) => number),
  )
  assert.deepEqual(gaps, [])

  const [a, b] = twins as [Twin, Twin]
  const known = saidAt.length
  await a.wire.down()
  for (let i = 0; i < 5; i++) say()
  say(LAST)
  // What b had not read yet it might still read when its wire is down.
  await until(() => b.collector.status().events[LAST] === 1)
  await b.wire.down()
  const bothAwayAt = Date.now()
  for (let i = 0; i < 20; i++, await wait(10)) say()
  await a.wire.up()
  const oneBackAt = Date.now()
  await until(() => a.collector.status().session === "connected")
  for (let i = 0; i < 5; i++) say()
  await b.wire.up()
  await until(() => b.collector.status().session === "connected")
  say()
  await until(() => webhooks().some((each) => numberOf(each) === saidAt.length - 1))
  await until(() => webhooks().some(({ type }) => type === "source.gap"))
  await until(() => isQuiet(flow.stack))

  const told = webhooks().filter((each) => !isOfPbx(each))
  const [ofA, ofB] = twins.map(({ collector }) => timesOf(collector.lines).at(-1)!)
  const from = Math.max(ofA![0], ofB![0])
  const to = Math.min(ofA![1], ofB![1])
  assert.deepEqual(
    told.map(({ data }) => [Date.parse(String(data["from"])), Date.parse(String(data["to"]))]),
    [[from, to]],
  )
  assert.ok(from <= bothAwayAt && to >= oneBackAt)
  const arrived = new Set(webhooks().map(numberOf))
  const missed = saidAt.filter((at, number) => number >= known && !arrived.has(number) && at > 0)
  assert.ok(missed.length >= 20)
  for (const at of missed) assert.ok(at >= from && at <= to, `${at} is not in ${from} to ${to}`)
})
