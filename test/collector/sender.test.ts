import assert from "node:assert/strict"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test, type TestContext } from "node:test"
import type { EdgeTrace } from "@ringback/collector/edge-trace"
import { Losses } from "@ringback/collector/gaps/losses"
import { Sending } from "@ringback/collector/sending"
import { Spool } from "@ringback/collector/spool/spool"
import { openMessage } from "@ringback/events/message"
import { makeToken } from "../harness/collector.ts"
import { until } from "../harness/until.ts"
import { accept, type QueueAnswer, type Sent, startQueueServer } from "./queue-server.ts"

const ID = "A".repeat(22)

async function setUp(
  t: TestContext,
  decide: (entries: Sent[], numbers: number[]) => QueueAnswer,
  ratePerSecond?: number,
) {
  const dir = mkdtempSync(join(tmpdir(), "ringback-sender-"))
  const spool = await Spool.open({ dir, maxBytes: 1e8, acknowledged: 0, saveAcknowledged() {} })
  const token = makeToken()
  const { tenant, source } = token
  const address = { tenant, source, collector: ID }
  const bodies: string[][] = []
  const numbersOf = (entries: Sent[]) =>
    entries.map(({ MessageBody }) => Number(/"receivedAt":(\d+)/.exec(MessageBody)![1]))
  const server = await startQueueServer((entries) => {
    bodies.push(entries.map(({ MessageBody }) => MessageBody))
    return decide(entries, numbersOf(entries))
  })
  const lines: { event: string; fields: Record<string, unknown> }[] = []
  const traced: [number, number, string | undefined][] = []
  const losses = new Losses(() => {})
  const durations: number[] = []
  const trace: EdgeTrace = {
    read() {},
    sent: ({ bytes, from, to }, batch, refused) => {
      const at = Number(/"receivedAt":(\d+)/.exec(bytes.toString("latin1", from, to))![1])
      traced.push([at, batch, refused])
    },
  }
  const sending = new Sending({
    spool,
    spoolDir: dir,
    sqs: server.sqs,
    queueUrl: server.url,
    source,
    signingKey: () => token,
    ratePerSecond,
    onBatch: (ms) => void durations.push(ms),
    trace,
    losses,
    log: (event, fields = {}) => void lines.push({ event, fields }),
    now: () => 0,
  })
  t.after(async () => {
    await sending.stop()
    await spool.close()
    server.close()
    rmSync(dir, { recursive: true })
  })
  const add = (from: number, to: number, kind: "event" | "gap" = "event") => {
    const rest = kind === "event" ? { headers: [["Event", "Hangup"]] } : { gap: {} }
    for (let receivedAt = from; receivedAt < to; receivedAt++)
      spool.append(JSON.stringify({ v: 1, kind, receivedAt, id: ID, ...address, ...rest }))
    return spool.flush()
  }
  const all = () => server.requests.map(numbersOf)
  return { dir, spool, token, sending, lines, traced, losses, durations, bodies, add, all }
}
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => from + at)
const ordered = (numbers: number[]) => numbers.toSorted((a, b) => a - b)

test("the spool is sent in signed batches of ten, each message once, and is empty then", async (t) => {
  const it = await setUp(t, (entries) => ({ Successful: entries.map(accept) }))
  await it.add(1, 96)
  it.sending.start()
  await until(() => it.spool.depth === 0)
  assert.deepEqual(ordered(it.all().flat()), range(1, 96))
  assert.equal(it.all().length, 10)
  assert.deepEqual(it.sending.counts, { sent: 95, refused: 0 })
  assert.equal(it.durations.length, 10)
  assert.ok(it.durations.every((ms) => ms > 0))
  for (const body of it.bodies.flat()) {
    const opened = openMessage(body)
    assert.ok(body.includes(it.token.keyId))
    assert.ok(opened.ok && opened.verify(it.token.key))
  }
  assert.deepEqual(ordered(it.traced.map(([at]) => at)), range(1, 96))
  assert.deepEqual(new Set(it.traced.map(([, batch]) => batch)), new Set([10, 5]))
  // What comes later is sent, too.
  await it.add(96, 98)
  await until(() => it.spool.depth === 0)
  assert.equal(it.sending.counts.sent, 97)
  assert.deepEqual(it.lines, [])
})

test("no more is sent in a second than the rate allows", async (t) => {
  const it = await setUp(t, (entries) => ({ Successful: entries.map(accept) }), 50)
  await it.add(1, 61)
  const startedAt = performance.now()
  it.sending.start()
  await until(() => it.spool.depth === 0)
  // Sixty take 1.2 s. The first batch, and the lanes' share of a second, are not waited for.
  assert.ok(performance.now() - startedAt > 500)
})

test("a clock that is set back holds nothing up", async (t) => {
  const it = await setUp(t, (entries) => ({ Successful: entries.map(accept) }))
  it.sending.start()
  await it.add(1, 2)
  await until(() => it.spool.depth === 0)
  const setBack = Date.now() - 3_600_000
  t.mock.method(Date, "now", () => setBack)
  await it.add(2, 30)
  await until(() => it.sending.counts.sent === 29)
})

test("what the queue did not take is sent again, alone, until it is", async (t) => {
  const fails = new Map(Object.entries({ 3: 2, 7: 1 }))
  const it = await setUp(t, (entries, numbers) => {
    const isFailing = numbers.map((number) => {
      const left = fails.get(String(number)) ?? 0
      fails.set(String(number), left - 1)
      return left > 0
    })
    return {
      Successful: entries.filter((_, index) => !isFailing[index]).map(accept),
      Failed: entries.flatMap(({ Id }, index) =>
        isFailing[index] ? [{ Id, SenderFault: false, Code: "InternalError" }] : [],
      ),
    }
  })
  await it.add(1, 11)
  it.sending.start()
  await until(() => it.spool.depth === 0)
  assert.deepEqual(it.all(), [range(1, 11), [3, 7], [3]])
  assert.deepEqual(it.sending.counts, { sent: 10, refused: 0 })
  const batches = it.traced.slice(-3).map(([at, batch]) => `${at} of ${batch}`)
  assert.deepEqual(batches, ["10 of 10", "7 of 2", "3 of 1"])
})

test("what the queue refuses for good is set aside, told as lost, and not sent again", async (t) => {
  const refused = { SenderFault: true, Code: "Bad", Message: "no" }
  const it = await setUp(t, (entries, numbers) => ({
    Successful: entries
      .filter((_, index) => numbers[index] !== 2 && numbers[index] !== 5)
      .map(accept),
    Failed: entries.flatMap(({ Id }, index) =>
      numbers[index] === 2 || numbers[index] === 5 ? [{ Id, ...refused }] : [],
    ),
  }))
  await it.add(1, 5)
  await it.add(5, 6, "gap")
  it.sending.start()
  await until(() => it.spool.depth === 0)
  assert.deepEqual(it.sending.counts, { sent: 3, refused: 2 })
  assert.deepEqual(ordered(it.all().flat()), range(1, 6))
  assert.deepEqual(it.losses.counts(), { refused: 1 }, "a report's loss is not reported")
  assert.equal(it.losses.takeQuiet(Infinity)[0]!.from, 2)
  assert.deepEqual(
    it.lines.map(({ event, fields }) => [
      event,
      fields["alarm"],
      fields["code"],
      fields["message"],
    ]),
    Array.from({ length: 2 }, () => ["message.refused", true, "Bad", "no"]),
  )
  const folder = join(it.dir, "quarantine")
  const files = readdirSync(folder).map((name) => join(folder, name))
  assert.deepEqual(files, [it.lines[0]!.fields["file"]])
  assert.match(readFileSync(files[0]!, "utf8"), /"code":"Bad"/)
  const codes = it.traced.flatMap(([at, , code]) => (code === undefined ? [] : [`${at} ${code}`]))
  assert.deepEqual(codes, ["2 Bad", "5 Bad"])
})

test("while the queue is away one request at a time asks for it, with the oldest messages, and both ends are told once", async (t) => {
  let isAway = true
  const it = await setUp(t, (entries) => (isAway ? null : { Successful: entries.map(accept) }))
  await it.add(1, 101)
  it.sending.start()
  // Four lanes had begun before it was known.
  await until(() => it.all().length >= 8)
  const last = it.all().slice(-3)
  for (const numbers of last) assert.deepEqual(numbers, last[0])
  assert.equal(it.lines.length, 1)
  const [{ event, fields }] = it.lines as [(typeof it.lines)[0]]
  assert.deepEqual([event, fields["alarm"], fields["spoolDepth"]], ["queue.unreachable", true, 100])
  assert.equal(fields["reason"], it.sending.queueTrouble)
  assert.match(it.sending.queueTrouble!, /^\w+: ./)
  assert.equal(it.spool.depth, 100)
  isAway = false
  await until(() => it.spool.depth === 0)
  assert.equal(it.sending.queueTrouble, null)
  assert.deepEqual(
    it.lines.slice(1).map(({ event: name }) => name),
    ["queue.reachable"],
  )
  assert.equal(it.sending.counts.sent, 100)
})

test("a sender that is stopped sends what is there, and nothing while the queue is away", async (t) => {
  const well = await setUp(t, (entries) => ({ Successful: entries.map(accept) }))
  await well.add(1, 46)
  well.sending.start()
  await well.sending.stop()
  assert.equal(well.spool.depth, 0)
  const away = await setUp(t, () => null)
  await away.add(1, 46)
  away.sending.start()
  await until(() => away.sending.queueTrouble !== null)
  await away.sending.stop()
  assert.equal(away.spool.depth, 45)
  assert.deepEqual(
    away.lines.map(({ event }) => event),
    ["queue.unreachable"],
    "it did not come back",
  )
})
