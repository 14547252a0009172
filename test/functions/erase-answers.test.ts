import assert from "node:assert/strict"
import { test } from "node:test"
import { person } from "./person.ts"
import { call, erase, say, world } from "./erase-set-up.ts"

test("answers that are kept for an Idempotency-Key do not outlive an erasure with what they had of a person", async () => {
  const { body: pull } = await call("POST /endpoints", {
    body: { pull: true, eventTypes: ["*"] },
  })
  world.advance(11_000)
  const ada = person("Adalbert")
  await say(ada.events)
  const headers = { "idempotency-key": "one" }
  const fetching = { headers, body: { limit: 10, leaseSeconds: 60 } }
  const fetch = () => call(`POST /endpoints/${pull.id}/messages`, fetching)
  const fetched = await fetch()
  assert.match(fetched.text, /Adalbert/)
  world.advance(50_000)
  assert.equal((await fetch()).text, fetched.text, "while they are leased")
  const { body: events } = await call("GET /events?limit=100")
  const event = events.data.find(({ type }: { type: string }) => type.startsWith("dllist"))!.id
  const preview = () =>
    call("POST /endpoints/preview", {
      headers: { "idempotency-key": "two" },
      body: { event, transform: "$" },
    })
  assert.match((await preview()).text, /Adalbert/)
  await erase({ uuid: ada.row })
  world.advance(60_000)
  assert.doesNotMatch((await fetch()).text, /Adalbert/)
  assert.doesNotMatch((await preview()).text, /Adalbert/)
})
