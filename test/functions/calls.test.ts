import assert from "node:assert/strict"
import { after, before, beforeEach, describe, test } from "node:test"
import type { SQSEvent } from "aws-lambda"
import { sealMessage } from "@ringback/events/message"
import { ingestHandler } from "@ringback/functions/ingest"
import { makeContext } from "@ringback/local/lambda"
import * as Gap from "@ringback/store/gap"
import { eventMessage, sendToIngest } from "../harness/system.ts"
import { startWorld, type World } from "../harness/world.ts"
import type { Webhook } from "../harness/receiver.ts"
import { moduleEvents, type Pair } from "../events/capture.ts"
import { readCalls } from "../events/independent-calls.ts"

let world: World
before(async () => void (world = await startWorld()))
after(() => world.close())
beforeEach(() => world.begin())

const CALLS = { eventTypes: ["call.*"] }
type Named = { uuid: string | null; name: string | null }
type CallData = {
  uuid: string
  number: string
  attempt: number
  hangupCause: number | null
  campaign: Named
  list: Named
  plan: Named
  contact: (Named & { key: string }) | null
} & { [Name in "startedAt" | "answeredAt" | "endedAt" | "outcome"]: string | null } & {
  [Name in "ringSeconds" | "talkSeconds"]: number | null
}
const dataOf = (webhook: Webhook) => webhook.data as unknown as CallData
const ofType = (all: Webhook[], type: string) => all.filter((each) => each.type === type)

async function say(events: Pair[][], collectors = ["A"]): Promise<void> {
  for (const headers of events) {
    for (const collector of collectors) {
      const message = eventMessage(world.customer, headers, { collector: collector.repeat(22) })
      await sendToIngest(world.stack, world.customer, message)
    }
  }
  await settle()
}

/** Pumps until the ends that waited have been told. */
async function settle(): Promise<void> {
  await world.pump()
  world.advance(6000)
  await world.pump()
}

const UUID = "5b0c4a50-5b1e-4f6a-9c3d-000000000001"
type State = [action: string, status: number, resDial: number, resHangup: number, second: number]

const timeOf = (second: number) => `2026-11-22T11:00:${String(second).padStart(2, "0")}.000000001Z`
const dialing = ([action, status, resDial, resHangup, second]: State, uuid = UUID): Pair[] => [
  ["Event", `OutDialing${action}`],
  ["Privilege", "message,all"],
  ["Uuid", uuid],
  ["Status", `${status}`],
  ["CampUuid", "c-1"],
  ["DlmaUuid", "l-1"],
  ["DlListUuid", "r-1"],
  ["DialAddr", "+4520123456"],
  ["DialTryCnt", "2"],
  ["ResDial", `${resDial}`],
  ["ResHangup", `${resHangup}`],
  ["TmCreate", timeOf(0)],
  ["TmUpdate", action === "Create" ? "<unknown>" : timeOf(second)],
]
const ANSWERED: State[] = [
  ["Create", 0, 0, 0, 0],
  ["Update", 1, 0, 0, 1],
  ["Update", 1, 4, 0, 9],
  ["Update", 5, 4, 16, 30],
  ["Update", 6, 4, 16, 31],
  ["Delete", 6, 4, 16, 31],
]
const BUSY: State[] = [
  ["Create", 0, 0, 0, 0],
  ["Update", 1, 0, 0, 1],
  ["Update", 10, 0, 17, 4],
  ["Delete", 6, 0, 17, 4],
]

// A seeded shuffle: what fails fails again.
function shuffled<T>(items: T[], seed: number): T[] {
  let state = seed
  const next = () => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648)
  return items
    .map((item) => [next(), item] as const)
    .sort(([a], [b]) => a - b)
    .map(([, item]) => item)
}

for (const name of ["30-dialing", "41-two-sessions-a"]) {
  describe(`the calls of ${name}, through twin collectors`, () => {
    const calls = readCalls(name)
    for (const [how, order] of [
      ["in order", (events: Pair[][]) => events],
      ["shuffled", (events: Pair[][]) => shuffled(events, 7)],
    ] as const) {
      test(`${how}: each once, with the outcome of an independent reading`, async () => {
        const { arrived } = await world.addEndpoint(CALLS)
        await say(order(moduleEvents(name)), ["A", "B"])
        assert.ok(calls.size > 0)
        const completed = ofType(arrived(), "call.completed")
        const ended = completed.map((each) => dataOf(each).uuid)
        assert.equal(ended.length, calls.size)
        assert.deepEqual(new Set(ended), new Set(calls.keys()))
        assert.equal(ofType(arrived(), "call.started").length, calls.size)
        const answered = ofType(arrived(), "call.answered").map((each) => dataOf(each).uuid)
        const expected = [...calls].filter(([, { outcome }]) => outcome === "answered")
        assert.equal(answered.length, expected.length)
        assert.deepEqual(new Set(answered), new Set(expected.map(([uuid]) => uuid)))
        for (const webhook of completed) {
          const data = dataOf(webhook)
          const call = calls.get(data.uuid)!
          assert.deepEqual(
            [data.outcome, data.startedAt, data.number, webhook.timestamp],
            [call.outcome, call.startedAt, call.number, data.endedAt],
          )
          assert.equal(data.answeredAt, call.answeredAt)
          // Which of several ends is heard first decides when it ended.
          if (how === "in order") {
            assert.equal(data.endedAt, call.endedAt)
            assert.deepEqual(
              [data.contact?.key ?? null, data.campaign.name],
              [call.contactKey, call.campaignName],
            )
          }
        }
      })
    }
  })
}

describe("a call", () => {
  test("is told in three moments, with its times", async () => {
    const { arrived } = await world.addEndpoint(CALLS)
    await say(ANSWERED.map((state) => dialing(state)))
    const told = arrived().toSorted((a, b) => (a.version < b.version ? -1 : 1))
    assert.deepEqual(
      told.map(({ type, version }) => [type, version]),
      [
        ["call.started", `${timeOf(0)}/0`],
        ["call.answered", `${timeOf(9)}/1`],
        ["call.completed", `${timeOf(30)}/2`],
      ],
    )
    const { outcome, ringSeconds, talkSeconds, attempt, hangupCause } = dataOf(told[2]!)
    assert.deepEqual(
      [outcome, ringSeconds, talkSeconds, attempt, hangupCause],
      ["answered", 9, 21, 2, 16],
    )
    assert.deepEqual(
      [dataOf(told[0]!).outcome, dataOf(told[0]!).endedAt, dataOf(told[1]!).answeredAt],
      [null, null, timeOf(9)],
    )
  })

  test("that is not answered has no answer, and talked for no time", async () => {
    const { arrived } = await world.addEndpoint(CALLS)
    await say(BUSY.map((state) => dialing(state)))
    assert.deepEqual(
      arrived()
        .map(({ type }) => type)
        .sort(),
      ["call.completed", "call.started"],
    )
    const { outcome, ringSeconds, talkSeconds, answeredAt } = dataOf(
      ofType(arrived(), "call.completed")[0]!,
    )
    assert.deepEqual([outcome, ringSeconds, talkSeconds, answeredAt], ["busy", 4, 0, null])
  })

  test("whose end is heard before its answer waits for it, in any order", async () => {
    for (let seed = 1; seed <= 12; seed++) {
      await world.begin()
      const { arrived } = await world.addEndpoint(CALLS)
      const events = shuffled([...ANSWERED, ...ANSWERED], seed).map((state) => dialing(state))
      await say(events, ["A", "B"])
      assert.deepEqual(
        arrived()
          .map(({ type }) => type)
          .sort(),
        ["call.answered", "call.completed", "call.started"],
        `seed ${seed}`,
      )
      const { answeredAt, outcome } = dataOf(ofType(arrived(), "call.completed")[0]!)
      assert.deepEqual([answeredAt, outcome], [timeOf(9), "answered"], `seed ${seed}`)
    }
  })

  test("whose end alone is heard is told without the time of the answer", async () => {
    const { arrived } = await world.addEndpoint(CALLS)
    await say([dialing(ANSWERED[5]!)])
    assert.deepEqual(
      arrived()
        .map(({ type }) => type)
        .sort(),
      ["call.answered", "call.completed", "call.started"],
    )
    const { answeredAt, talkSeconds, outcome } = dataOf(ofType(arrived(), "call.completed")[0]!)
    assert.deepEqual([answeredAt, talkSeconds, outcome], [null, null, "answered"])
  })

  test("whose delete bears the Uuid alone ends as it was last heard of", async () => {
    const { arrived } = await world.addEndpoint(CALLS)
    const bare: Pair[] = [
      ["Event", "OutDialingDelete"],
      ["Uuid", UUID],
    ]
    await say([...ANSWERED.slice(0, 3).map((state) => dialing(state)), bare])
    const [completed] = ofType(arrived(), "call.completed")
    const { outcome, answeredAt, number, campaign } = dataOf(completed!)
    assert.deepEqual(
      [outcome, answeredAt, number, campaign.uuid],
      ["answered", timeOf(9), "+4520123456", "c-1"],
    )
    await world.begin()
    const ringing = await world.addEndpoint(CALLS)
    await say([...ANSWERED.slice(0, 2).map((state) => dialing(state)), bare])
    assert.equal(dataOf(ofType(ringing.arrived(), "call.completed")[0]!).outcome, null)
  })

  test("names its campaign, list and contact as last heard of, whatever version came last", async () => {
    const { arrived } = await world.addEndpoint(CALLS)
    const named = (event: string, uuid: string, name: string, second: number): Pair[] => [
      ["Event", event],
      ["Uuid", uuid],
      ["Name", name],
      ["UKey", "10042"],
      ["Email", "ada@example.com"],
      ["TmCreate", timeOf(0)],
      ["TmUpdate", timeOf(second)],
    ]
    await say([
      named("OutCampaignUpdate", "c-1", "new name", 2),
      named("OutCampaignUpdate", "c-1", "old name", 1),
      named("OutDlmaUpdate", "l-1", "north", 1),
      named("OutDlListUpdate", "r-1", "Ada", 1),
    ])
    await say(ANSWERED.map((state) => dialing(state)))
    for (const webhook of arrived()) {
      const { campaign, list, plan, contact } = dataOf(webhook)
      assert.deepEqual(campaign, { uuid: "c-1", name: "new name" })
      assert.deepEqual(list, { uuid: "l-1", name: "north" })
      assert.deepEqual(plan, { uuid: null, name: null })
      assert.deepEqual(contact, {
        uuid: "r-1",
        key: "10042",
        name: "Ada",
        detail: null,
        email: "ada@example.com",
      })
    }
    assert.equal(arrived().length, 3)
  })
})

describe("an end that was inferred after a gap", () => {
  const GAP = "g".repeat(22)
  const infer = (headers: Pair[]) =>
    sendToIngest(
      world.stack,
      world.customer,
      eventMessage(world.customer, headers, { synthetic: { reason: "disconnected", gap: GAP } }),
    )
  const inferredEnd = dialing(["Delete", 1, 0, 0, 1])
  const to = Date.parse("2026-11-22T11:30:00Z")
  const decide = (isCovered: boolean) =>
    Gap.decide(world.deps.table, world.customer.tenant, GAP, isCovered, to)

  for (const [what, heard, outcome] of [
    ["has no outcome", ANSWERED.slice(0, 2), null],
    ["is answered where that was heard", ANSWERED.slice(0, 3), "answered"],
  ] as const) {
    test(`${what}, bears the gap's end, and the real end tells nothing more`, async () => {
      const { arrived } = await world.addEndpoint(CALLS)
      await say(heard.map((state) => dialing(state)))
      await decide(false)
      await infer(inferredEnd)
      await settle()
      const [completed] = ofType(arrived(), "call.completed")
      assert.deepEqual(
        [completed!.synthetic, dataOf(completed!).outcome, completed!.timestamp],
        [true, outcome, "2026-11-22T11:30:00.000000000Z"],
      )
      await say(ANSWERED.slice(3).map((state) => dialing(state)))
      assert.equal(ofType(arrived(), "call.completed").length, 1)
    })
  }

  test("and refuted ends nothing: the real end does", async () => {
    const { arrived } = await world.addEndpoint(CALLS)
    await say(ANSWERED.slice(0, 3).map((state) => dialing(state)))
    await decide(true)
    await infer(inferredEnd)
    await settle()
    assert.deepEqual(ofType(arrived(), "call.completed"), [])
    await say(ANSWERED.slice(3).map((state) => dialing(state)))
    const [completed] = ofType(arrived(), "call.completed")
    assert.deepEqual([completed!.synthetic, dataOf(completed!).outcome], [undefined, "answered"])
  })
})

describe("a crash", () => {
  test("at any request of a call's event: its message comes again, and each moment is told once", async () => {
    const states = ANSWERED.map((state) => dialing(state))
    for (let at = 1; at <= 9; at++) {
      await world.begin()
      const { arrived } = await world.addEndpoint(CALLS)
      for (const headers of states) {
        const message = eventMessage(world.customer, headers)
        const body = sealMessage(message, world.customer.source.key)
        const record = { messageId: "m", body, attributes: { ApproximateReceiveCount: "1" } }
        const event = { Records: [record] } as unknown as SQSEvent
        const clients = failingAt(at)
        await ingestHandler({ ...world.deps, ...clients })(event, makeContext(30_000))
        await ingestHandler(world.deps)(event, makeContext(30_000))
      }
      await settle()
      const told = new Map(arrived().map((each) => [each.id, each.type]))
      assert.deepEqual([...told.values()].sort(), [
        "call.answered",
        "call.completed",
        "call.started",
      ])
      const bodies = world.receiver.arrived.map(({ webhook }) => JSON.stringify(webhook))
      assert.equal(new Set(bodies).size, 3, `request ${at}`)
    }
  })

  /** The world's clients, of which the request of that number is carried out, and its answer lost. */
  function failingAt(at: number) {
    let count = 0
    const losing = <Client extends { send: Function }>(client: Client): Client =>
      new Proxy(client, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name)
          if (name !== "send" || typeof value !== "function") return value
          return async (...args: unknown[]) => {
            const answer: unknown = await Reflect.apply(value, target, args)
            if (++count === at) throw new Error("the answer was lost")
            return answer
          }
        },
      })
    const { table, sqs } = world.deps
    return { table: { ...table, client: losing(table.client) }, sqs: losing(sqs) }
  }
})

describe("who gets calls", () => {
  test("only who asks: an endpoint for everything else gets none, and nothing is kept for it", async () => {
    const all = await world.addEndpoint()
    await say(ANSWERED.map((state) => dialing(state)))
    assert.equal(all.arrived().length, ANSWERED.length)
    assert.ok(all.arrived().every(({ type }) => type.startsWith("dialing.")))
  })

  test("a pattern of all types includes them; one type alone makes that one alone", async () => {
    const all = await world.addEndpoint({ eventTypes: ["*"] })
    await say(ANSWERED.map((state) => dialing(state)))
    assert.equal(all.arrived().length, ANSWERED.length + 3)
    await world.begin()
    const one = await world.addEndpoint({ eventTypes: ["call.completed"] })
    await say(ANSWERED.map((state) => dialing(state)))
    assert.deepEqual(
      one.arrived().map(({ type }) => type),
      ["call.completed"],
    )
  })

  test("what a disabled endpoint wants is held for it", async () => {
    const { id, arrived } = await world.addEndpoint({ ...CALLS, disabled: true })
    await say(BUSY.map((state) => dialing(state)))
    assert.equal(arrived().length, 0)
    const held = await world.deliveries({ endpointId: id })
    assert.deepEqual(
      held.map(({ status }) => status),
      ["held", "held"],
    )
  })
})

describe("a call with more than an item can hold, as text that compresses well,", () => {
  const variables = Array.from({ length: 20 }, (_, index): Pair => [
    "Variable",
    `v${index}=${"x".repeat(30_000)}`,
  ])
  const cases: [string, Pair[], { number: string; variables: object }][] = [
    ["variables", variables, { number: "+4520123456", variables: {} }],
    ["channel", [["ChannelName", "x".repeat(500_000)]], { number: "+4520123456", variables: {} }],
  ]
  for (const [what, more, expected] of cases)
    test(`in its ${what}: its events arrive, and those made from them without what is too much`, async () => {
      const calls = await world.addEndpoint(CALLS)
      const all = await world.addEndpoint()
      await say(BUSY.map((state) => [...dialing(state), ...more]))
      assert.deepEqual(all.arrived().length, BUSY.length)
      const made = calls.arrived() as unknown as (Webhook & { truncated?: boolean })[]
      assert.deepEqual(made.map(({ type }) => type).toSorted(), ["call.completed", "call.started"])
      for (const { truncated, data } of made) {
        assert.equal(truncated, true)
        const { number, variables } = data as unknown as typeof expected
        assert.deepEqual({ number, variables }, expected)
      }
    })
})
