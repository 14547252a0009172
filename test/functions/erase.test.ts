import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { DeleteMessageCommand, ReceiveMessageCommand } from "@aws-sdk/client-sqs"
import { parseDelivery } from "@ringback/functions/messages/delivery"
import * as Connector from "@ringback/store/connector"
import * as Delivery from "@ringback/store/delivery"
import { answer } from "../harness/receiver.ts"
import { eventMessage, pump, sendToIngest } from "../harness/system.ts"
import { deliver } from "./deliver.ts"
import { kept, person, stamp } from "./person.ts"
import { world, call, say, settle, erase } from "./erase-set-up.ts"

const OAUTH = {
  type: "oauth2",
  grant: "client_credentials",
  clientId: "ringback",
  clientSecret: "not-a-secret",
}

describe("erasing a person", () => {
  for (const variables of [0, 40]) {
    for (const [by, bodyOf] of [
      ["the row's Uuid", ({ row }: { row: string }) => ({ uuid: row })],
      ["the row's key", ({ key }: { key: string }) => ({ contactKey: key })],
    ] as const) {
      test(`by ${by}, with ${variables} variables: nothing of her is left, and all of another`, async () => {
        await world.addEndpoint({ eventTypes: ["*"] })
        const [ada, bob] = [person("Adalbert", { variables }), person("Bobbyjo", { variables })]
        await say([...ada.events, ...bob.events])
        assert.match(await kept(world), /Adalbert/)
        const bobs = (await kept(world)).match(/Bobbyjo/g)!.length
        const { erased } = await erase(bodyOf(ada))
        // Two of the row, four of the call, three told of the call.
        assert.deepEqual([erased.records, erased.events], [1, 9])
        const text = await kept(world)
        assert.doesNotMatch(text, /Adalbert/)
        assert.equal(text.match(/Bobbyjo/g)!.length, bobs)
        const events = await call("GET /events?limit=100")
        const empty = events.body.data.filter(({ erased }: { erased?: true }) => erased)
        assert.equal(empty.length, 9)
        assert.ok(empty.every(({ data }: { data: object }) => Object.keys(data).length === 0))
      })
    }
  }

  test("does not tell her calls again when her events come again, from a queue or a twin", async () => {
    const { arrived } = await world.addEndpoint({ eventTypes: ["*"] })
    const ada = person("Adalbert")
    const messages = ada.events.map((headers) => eventMessage(world.customer, headers))
    for (const message of messages) await sendToIngest(world.stack, world.customer, message)
    await settle()
    await erase({ uuid: ada.row })
    const before = arrived().length
    for (const message of messages) {
      await sendToIngest(world.stack, world.customer, message)
      const twin = { ...message, id: "T".repeat(22), collector: "B".repeat(22) }
      await sendToIngest(world.stack, world.customer, twin)
    }
    await say([
      ada.dialingEvent("Update", 6, 4, 59),
      ada.rowEvent("Update"),
      [
        ["Event", "OutDialingDelete"],
        ["Uuid", ada.dialing],
        ["TmUpdate", stamp(59)],
      ],
    ])
    await settle()
    assert.doesNotMatch(await kept(world), /Adalbert/)
    assert.equal(arrived().length, before)
    const late = await world.deliveries()
    assert.ok(late.some(({ status, reason }) => status === "discarded" && reason === "erased"))
  })

  test("takes what a test of the source told of her as well", async () => {
    await world.addEndpoint({ eventTypes: ["*"] })
    const fields = { uKey: "key of Adalbert", name: "Adalbert", dialAddr: "number of Adalbert" }
    const body = { call: { outcome: "answered" }, uuid: "dialing of Adalbert", fields }
    await call(`POST /sources/${world.customer.source.source.id}/test`, { body })
    for (let second = 0; second < 10; second++) {
      await world.pump()
      world.advance(1000)
    }
    assert.match(await kept(world), /key of Adalbert/)
    const { erased } = await erase({ contactKey: "key of Adalbert" })
    // Two of the row, five of the call, three told of the call.
    assert.deepEqual([erased.records, erased.events], [1, 10])
    assert.doesNotMatch(await kept(world), /Adalbert/)
  })

  test("discards what was not delivered, and takes out what receivers answered", async () => {
    const { id } = await world.addEndpoint({ eventTypes: ["dialing.*"] })
    const held = await world.addEndpoint({ eventTypes: ["dialing.*"], disabled: true })
    world.receiver.behave((_, response) => answer(response, 500, {}, "Adalbert is not known here"))
    const ada = person("Adalbert")
    await say(ada.events)
    const { erased } = await erase({ uuid: ada.row })
    assert.equal(erased.deliveries, 8)
    for (const endpointId of [id, held.id]) {
      const deliveries = await world.deliveries({ endpointId })
      assert.deepEqual(
        deliveries.map(({ status, reason }) => [status, reason]),
        Array.from({ length: 4 }, () => ["discarded", "erased"]),
      )
    }
    assert.doesNotMatch(await kept(world), /Adalbert/)
    world.receiver.arrived.length = 0
    await world.run()
    assert.equal(world.receiver.arrived.length, 0)
    const [delivery] = await world.deliveries({ endpointId: id })
    for (const route of [
      `POST /deliveries/${Delivery.idOf(delivery!)}/retry`,
      `POST /events/${delivery!.eventId}/replay`,
    ]) {
      assert.equal((await call(route, { body: {} })).body.code, "conflict.state")
    }
    const recovered = await call(`POST /endpoints/${id}/recover`, {
      body: { since: "2026-11-01T00:00:00Z", statuses: ["discarded", "failed"], dryRun: true },
    })
    assert.equal(recovered.body.count, 0)
  })

  describe("takes out the words that tell of her", () => {
    const ada = person("Adalbert")
    const throws = { transform: "$error(data.number ? data.number : data.dialAddr)" }

    /** Erases her, and answers what is left of her deliveries at an endpoint. */
    async function leftAt(endpointId: string) {
      const before = await world.deliveries({ endpointId })
      assert.match(JSON.stringify(before), /Adalbert/)
      await erase({ uuid: ada.row })
      assert.doesNotMatch(await kept(world), /Adalbert/)
      return world.deliveries({ endpointId })
    }

    test("which a transform threw", async () => {
      const { id } = await world.addEndpoint({ eventTypes: ["dialing.created"], ...throws })
      await say(ada.events)
      const [delivery] = await leftAt(id)
      assert.deepEqual(
        [delivery!.status, delivery!.reason, delivery!.attempts[0]!.error],
        ["failed", "erased", "erased"],
      )
    })

    test("which a transform threw at a fetch, of which there is no attempt", async () => {
      const settings = { url: null, pull: true, eventTypes: ["dialing.created"] }
      const { id } = await world.addEndpoint({ ...settings, ...throws })
      await say(ada.events)
      await call(`POST /endpoints/${id}/messages`, { body: {} })
      const [delivery] = await leftAt(id)
      assert.deepEqual([delivery!.status, delivery!.reason], ["failed", "erased"])
      assert.deepEqual(delivery!.attempts, [])
    })

    test("which a receiver's redirect leads to, though a later attempt was taken", async () => {
      const { id } = await world.addEndpoint({ eventTypes: ["dialing.created"] })
      const answers = [
        { code: 302, headers: { location: "/persons/Adalbert" } },
        { code: 500, headers: {} },
        { code: 200, headers: {} },
      ]
      world.receiver.behave((_, response) => {
        const { code, headers } = answers.shift()!
        answer(response, code, headers)
      })
      await say(ada.events)
      await world.run()
      const [delivery] = await leftAt(id)
      assert.equal(delivery!.status, "delivered")
      // What the code alone says is kept.
      assert.deepEqual(
        delivery!.attempts.map(({ statusCode, error }) => [statusCode, error]),
        [
          [302, "erased"],
          [500, "answered 500"],
          [200, null],
        ],
      )
    })

    test("with which a connector skipped her call, without a request, and whom it knows in the CRM", async () => {
      const instanceUrl = "https://acme.my.salesforce.com"
      const connector = { kind: "salesforce", instanceUrl, match: "key", auth: OAUTH }
      const { id } = (await call("POST /endpoints", { body: { connector } })).body as { id: string }
      world.advance(11_000)
      await say(ada.events)
      const logged = { tenant: world.customer.tenant, endpointId: id, uuid: ada.dialing }
      const own = { ...logged, fingerprint: "of its settings", owner: "an attempt" }
      await Connector.begin(world.deps.table, own, 45_000)
      await Connector.keepCall(world.deps.table, own, { contactId: "contact of Adalbert" })
      const [delivery] = await leftAt(id)
      const [attempt] = delivery!.attempts
      assert.deepEqual([delivery!.status, delivery!.attempts.length], ["delivered", 1])
      assert.deepEqual([attempt!.error, attempt!.steps], ["erased", undefined])
    })
  })

  test("in the middle of an attempt: what the receiver answered is not kept", async () => {
    const { id } = await world.addEndpoint({ eventTypes: ["dialing.*"] })
    const ada = person("Adalbert")
    let erasing: Promise<unknown> | undefined
    world.receiver.behave(async (_, response) => {
      await (erasing ??= erase({ uuid: ada.row }))
      answer(response, 500, {}, "Adalbert is not known here")
    })
    await world.say(ada.dialingEvent("Create", 0, 0, 0))
    await settle()
    await erasing
    assert.deepEqual(
      (await world.deliveries({ endpointId: id })).map(({ status }) => status),
      ["discarded"],
    )
    assert.doesNotMatch(await kept(world), /Adalbert/)
  })

  test("voids a first attempt that still waits in its queue", async () => {
    const { id, arrived } = await world.addEndpoint({ eventTypes: ["dialing.*"] })
    const ada = person("Adalbert")
    await world.say(ada.events[2])
    await pump(world.stack, world.deps, "Ingest")
    const { sqs, queues } = world.stack
    const { Messages } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: queues.Delivery.url }),
    )
    const { Body, ReceiptHandle } = Messages![0]!
    await sqs.send(new DeleteMessageCommand({ QueueUrl: queues.Delivery.url, ReceiptHandle }))
    await erase({ uuid: ada.dialing })
    await deliver(world, [parseDelivery(Body!)])
    assert.deepEqual(arrived(), [])
    const [delivery] = await world.deliveries({ endpointId: id })
    assert.deepEqual([delivery!.status, delivery!.reason], ["discarded", "erased"])
  })
})
