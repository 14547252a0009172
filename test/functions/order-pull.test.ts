import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { call, say, statuses, update, world } from "./order-set-up.ts"

describe("a receiver that fetches in order", () => {
  test("is given nothing older than what it has acknowledged", async () => {
    const made = await call("POST /endpoints", { body: { pull: true, order: "latest" } })
    const at = `/endpoints/${made.body.id}/messages`
    world.advance(11_000)
    await say(update(2), update(1))
    const fetched = await call(`POST ${at}`, { body: { limit: 1, leaseSeconds: 600 } })
    const [newer] = fetched.body.messages
    assert.deepEqual(
      (await call(`POST ${at}`, { body: { limit: 1, leaseSeconds: 1 } })).body.messages.length,
      1,
      "nothing was accepted yet",
    )
    world.advance(2000)
    const { deliveryId, lease } = newer
    await call(`POST ${at}/ack`, { body: { acks: [{ deliveryId, lease }] } })
    assert.deepEqual((await call(`POST ${at}`, { body: {} })).body.messages, [])
    const [status, reason] = (await statuses(made.body.id)).find(([each]) => each !== "delivered")!
    assert.deepEqual(
      [status, reason],
      ["discarded", `superseded by ${newer.headers["webhook-id"]}`],
    )
  })

  test("is given everything once the endpoint has no order any more", async () => {
    const made = await call("POST /endpoints", { body: { pull: true, order: "latest" } })
    const at = `/endpoints/${made.body.id}/messages`
    world.advance(11_000)
    await say(update(2))
    const fetched = await call(`POST ${at}`, { body: {} })
    const [{ deliveryId, lease }] = fetched.body.messages
    await call(`POST ${at}/ack`, { body: { acks: [{ deliveryId, lease }] } })
    const changed = await call(`PATCH /endpoints/${made.body.id}`, { body: { order: "any" } })
    assert.equal(changed.status, 200, changed.text)
    world.advance(11_000)
    await say(update(1))
    assert.equal((await call(`POST ${at}`, { body: {} })).body.messages.length, 1)
  })
})
