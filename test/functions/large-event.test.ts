import assert from "node:assert/strict"
import { randomBytes, type randomUUID } from "node:crypto"
import { bodyInMessage } from "@ringback/functions/messages/delivery"
import { describe, test } from "node:test"
import { SendMessageCommand } from "@aws-sdk/client-sqs"
import { sealMessage } from "@ringback/events/message"
import { eventMessage } from "../harness/system.ts"
import { campaignUpdate, type World } from "../harness/world.ts"
import { world, rejected, record, invoke } from "./ingest-set-up.ts"

const MOST_BYTES = 1024 * 1024

describe("an event of 900 KB", () => {
  test("that compresses badly is delivered without its Variables, and says so", async () => {
    const { arrived } = await world.addEndpoint()
    const noise = (length: number) =>
      Array.from({ length }, () => Math.random().toString(36).slice(2, 3)).join("")
    const variables = Array.from({ length: 90 }, (_, index): [string, string] => [
      "Variable",
      `v${index}=${noise(10_000)}`,
    ])
    await world.stack.sqs.send(
      new SendMessageCommand({
        QueueUrl: world.stack.queues.Ingest.url,
        MessageBody: sealMessage(
          eventMessage(world.customer, [...campaignUpdate(), ...variables]),
          world.customer.source.key,
        ),
      }),
    )
    await world.pump()
    const [webhook] = arrived() as unknown as [
      { truncated: boolean; data: Record<string, unknown> },
    ]
    assert.equal(webhook.truncated, true)
    assert.deepEqual(webhook.data["variables"], {})
    assert.equal(webhook.data["name"], "test")
  })

  test("of long names and values without a Variable is cut to what fits, and an endless name is refused", async () => {
    const { arrived } = await world.addEndpoint()
    const { customer, deps } = world
    const noise = (bytes: number) => randomBytes(bytes).toString("base64")
    const seal = (headers: [string, string][]) =>
      sealMessage(eventMessage(customer, headers), customer.source.key)
    const long = [
      ...campaignUpdate(noise(1000) as ReturnType<typeof randomUUID>),
      [noise(300_000), ""],
      ...Array.from({ length: 80 }, (_, index) => [`H${index}`, noise(6000)]),
    ] as [string, string][]
    const answered = await invoke(deps, [
      record(seal(long), "a"),
      record(seal([["Event", `X${randomBytes(100_000).toString("hex")}`]]), "b"),
    ])
    assert.deepEqual(answered, { batchItemFailures: [] })
    await world.pump()
    const [webhook] = arrived() as unknown as [
      { truncated: boolean; data: Record<string, unknown> },
    ]
    assert.equal(webhook.truncated, true)
    assert.equal(webhook.data["name"], "test")
    assert.equal(webhook.data["h0"], long.find(([name]) => name === "H0")![1])
    assert.match((await rejected())[0]!, /very long/)
  })
})

for (const [what, name] of [
  ["Variables", () => "Variable"],
  ["others", (index: number) => `H${index}`],
] as const) {
  test(`an event of 60,000 headers, ${what}, is stored and delivered without most of them, and says so`, async () => {
    const { arrived } = await world.addEndpoint()
    const { customer, deps } = world
    const more = Array.from({ length: 60_000 }, (_, index): [string, string] => [name(index), "a"])
    const message = eventMessage(customer, [...campaignUpdate(), ...more])
    const sealed = sealMessage(message, customer.source.key)
    for (const id of ["a", "again"]) {
      assert.deepEqual(await invoke(deps, [record(sealed, id)]), { batchItemFailures: [] })
      await world.pump()
    }
    const [webhook, ...others] = arrived() as unknown as [
      { truncated: boolean; data: Record<string, unknown> },
    ]
    assert.deepEqual(others, [])
    assert.equal(webhook.truncated, true)
    assert.equal(webhook.data["name"], "test")
    const count = Object.keys(webhook.data).length
    assert.ok(count <= 2_100, `${count}`)
    if (what === "Variables") assert.deepEqual(webhook.data["variables"], {})
    else assert.equal(webhook.data["h0"], "a")
  })
}

test("of a batch's large messages one is parsed at a time, while the small ones do not wait", async () => {
  const { arrived } = await world.addEndpoint()
  const { customer, deps } = world
  const order: string[] = []
  // A source is read for each parsed message, the endpoints for each stored event.
  const watch = <Kept extends { get: (...given: never[]) => unknown }>(
    kept: Kept,
    word: string,
  ) => ({
    ...kept,
    get: (...given: never[]) => {
      order.push(word)
      return kept.get(...given)
    },
  })
  const watched = {
    ...deps,
    sources: watch(deps.sources, "parsed"),
    endpoints: watch(deps.endpoints, "stored"),
  } as World["deps"]
  const seal = (...more: [string, string][]) =>
    sealMessage(eventMessage(customer, [...campaignUpdate(), ...more]), customer.source.key)
  const large = () => seal(...Array.from({ length: 40_000 }, (): [string, string] => ["", ""]))
  const records = [large(), large(), seal(), large()].map((body, index) => record(body, `${index}`))
  assert.deepEqual(await invoke(watched, records), { batchItemFailures: [] })
  // The small one, and the first of the large ones.
  assert.deepEqual(order.slice(0, 2), ["parsed", "parsed"])
  const beforeLast = order.slice(0, order.lastIndexOf("parsed"))
  assert.deepEqual(beforeLast.toSorted(), [
    "parsed",
    "parsed",
    "parsed",
    ...Array(3).fill("stored"),
  ])
  await world.pump()
  assert.equal(arrived().length, 4)
})

test("a message of the size that SQS accepts at most is rejected once, with its beginning", async () => {
  const body = "x".repeat(MOST_BYTES)
  await world.stack.sqs.send(
    new SendMessageCommand({ QueueUrl: world.stack.queues.Ingest.url, MessageBody: body }),
  )
  await world.pump()
  assert.deepEqual(await rejected(), ["not of the form keyId.mac.json"])
})

test("a message holds a webhook's body of 62 KB at most, as SQS gets it", () => {
  const sized = (text: string) => bodyInMessage(text) !== undefined
  assert.ok(sized("x".repeat(60_000)))
  assert.ok(!sized("x".repeat(64_000)))
  // Each of these takes six characters.
  assert.ok(sized("é".repeat(10_000)))
  assert.ok(!sized("é".repeat(11_000)))
})
