import assert from "node:assert/strict"
import type { ServerResponse } from "node:http"
import { test } from "node:test"
import { DeleteItemCommand, ScanCommand } from "@aws-sdk/client-dynamodb"
import { unmarshall } from "@aws-sdk/util-dynamodb"
import { parseEventId } from "@ringback/events/ids"
import * as Connector from "@ringback/store/connector"
import { deleteItem } from "@ringback/store/item"
import { eventKey } from "@ringback/store/item-keys"
import { kept, person } from "./person.ts"
import { call, erase, say, settle, world } from "./erase-set-up.ts"

// What is stored for longer than the event that it is about.

const DAY = 24 * 3600_000

/** What DynamoDB's TTL does: items whose `expiresAt` is over are deleted. */
async function expire() {
  const { client, name: TableName } = world.deps.table
  let start: object | undefined
  do {
    const page = await client.send(
      new ScanCommand({ TableName, ExclusiveStartKey: start as never }),
    )
    for (const raw of page.Items ?? []) {
      const { expiresAt } = unmarshall(raw) as { expiresAt?: number }
      if (expiresAt === undefined || expiresAt * 1000 > world.now()) continue
      const Key = { pk: raw["pk"]!, sk: raw["sk"]! }
      await client.send(new DeleteItemCommand({ TableName, Key }))
    }
    start = page.LastEvaluatedKey
  } while (start)
}

const echo = (arrived: { body: string }, response: ServerResponse) => {
  response.writeHead(422).end(`cannot store ${/number of \w+/.exec(arrived.body)?.[0]}`)
}

const ways = {
  "by the schedule": undefined,
  "by a retry": (_: string, delivery: string) => call(`POST /deliveries/${delivery}/retry`),
  "by a recovery": (id: string) =>
    call(`POST /endpoints/${id}/recover`, { body: { since: new Date(0).toISOString() } }),
}

for (const [way, tryAgain] of Object.entries(ways))
  test(`an erasure empties a delivery that was last tried ${way}, and whose event has expired`, async () => {
    const { id } = await world.addEndpoint({ eventTypes: ["dialing.created"] })
    world.receiver.behave(echo)
    const ada = person("Adalbert")
    const began = world.now()
    await say(ada.events)
    await world.run(began + 5 * DAY)
    const { body } = await call(`GET /deliveries?endpointId=${id}`)
    const delivery = body.data[0].id as string
    if (tryAgain) {
      world.advance(began + 25 * DAY - world.now())
      await expire()
      const again = await tryAgain(id, delivery)
      assert.equal(again.status, 202, again.text)
      await settle()
      await world.run(world.now() + 5 * DAY)
    }
    world.advance(began + 31 * DAY - world.now())
    await expire()
    assert.deepEqual((await call("GET /events?type=dialing.created")).body.data, [])
    assert.match((await call(`GET /deliveries/${delivery}`)).text, /Adalbert/)
    const retried = await call(`POST /deliveries/${delivery}/retry`)
    assert.deepEqual([retried.status, retried.body.code], [409, "conflict.state"])
    await erase({ uuid: ada.row })
    assert.doesNotMatch((await call(`GET /deliveries/${delivery}`)).text, /Adalbert/)
    assert.doesNotMatch(await kept(world), /Adalbert/)
  })

test("what a connector knows of a call is stored no longer for being tried again", async () => {
  const { tenant } = world.customer
  const call = { tenant, endpointId: "ep_a", fingerprint: "f", owner: "o" }
  const refs = [
    { ...call, uuid: "a call" },
    { ...call, uuid: "a person", isPerson: true },
  ]
  const tryAll = async () => {
    for (const each of refs) {
      await Connector.begin(world.deps.table, each, 45_000)
      await Connector.keepCall(world.deps.table, each, { contactId: `contact of ${each.uuid}` })
    }
  }
  await tryAll()
  world.advance(25 * DAY)
  await tryAll()
  world.advance(6 * DAY)
  await expire()
  const left = await kept(world)
  assert.doesNotMatch(left, /contact of a call/)
  assert.match(left, /contact of a person/, "it is for the next calls")
})

test("an erasure leaves the reason of a delivery that failed because its event had expired", async () => {
  const { id } = await world.addEndpoint()
  world.receiver.behave((_, response) => void response.writeHead(500).end())
  await say([person("Another").events[0]!])
  const [pending] = await world.deliveries({ endpointId: id })
  const { timeNanos, hash } = parseEventId(pending!.eventId)!
  await deleteItem(world.deps.table, eventKey(world.customer.tenant, timeNanos, hash))
  await world.run()
  await erase({ uuid: "of nobody" })
  const [failed] = await world.deliveries({ endpointId: id })
  assert.deepEqual([failed!.status, failed!.reason], ["failed", "the event has expired"])
})
