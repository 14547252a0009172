import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { call, deletion, say, statuses, update, world } from "./order-set-up.ts"

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

  test("is given one version at a time, the newest, or the delete that the PBX reported", async () => {
    const made = await call("POST /endpoints", { body: { pull: true, order: "latest" } })
    const at = `/endpoints/${made.body.id}/messages`
    world.advance(11_000)
    await say(update(3), update(9), update(5), update(9, "other"), update(1))
    const versions = ({ body }: Awaited<ReturnType<typeof call>>) =>
      body.messages.map((each: { body: string }) => JSON.parse(each.body).version)
    const first = await call(`POST ${at}`, { body: { limit: 10 } })
    assert.equal(versions(first).length, 2)
    assert.equal(new Set(versions(first)).size, 1)
    const acks = first.body.messages.map(
      ({ deliveryId, lease }: { deliveryId: string; lease: string }) => ({ deliveryId, lease }),
    )
    await call(`POST ${at}/ack`, { body: { acks } })
    assert.deepEqual(versions(await call(`POST ${at}`, { body: { limit: 10 } })), [])
    const ends = (await statuses(made.body.id)).map(([each]) => each)
    assert.deepEqual(new Set(ends), new Set(["delivered", "discarded"]))
    assert.equal(ends.filter((each) => each === "delivered").length, 2)
  })

  test("is given the delete that the PBX reported before all else of its record", async () => {
    const made = await call("POST /endpoints", { body: { pull: true, order: "latest" } })
    const at = `/endpoints/${made.body.id}/messages`
    world.advance(11_000)
    await say(update(9), deletion(2), update(8))
    const { messages } = (await call(`POST ${at}`, { body: { limit: 10 } })).body
    const types = messages.map(({ body }: { body: string }) => JSON.parse(body).type)
    assert.deepEqual(types, ["campaign.deleted"])
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
