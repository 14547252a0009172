import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { Webhook, WebhookVerificationError } from "standardwebhooks"
import { setTimeout as wait } from "node:timers/promises"
import * as Endpoint from "@ringback/store/endpoint"
import * as Lease from "@ringback/store/lease"
import { call, happen, makePull, uuidsOf, world } from "./pull-set-up.ts"

/** Ends when a request of the tenant waits for messages. */
async function untilOneWaits(): Promise<void> {
  const place = { tenant: world.customer.tenant, kind: "WAIT", name: "PULL#probe", owner: "test" }
  const limits = { limit: 8, among: { prefix: "PULL#", limit: 1 }, leaseMs: 1000 }
  while ((await Lease.take(world.deps.table, place, limits)).outcome === "taken") {
    await Lease.release(world.deps.table, place)
    await wait(20)
  }
}

describe("while a fetch waits for messages", () => {
  async function startWaiting() {
    const endpoint = await makePull()
    const made = await call("POST /keys", { body: { name: "agent" } })
    const route = `POST /endpoints/${endpoint.id}/messages`
    const waiting = call(route, { key: made.body.key, body: { waitSeconds: 20 } })
    await untilOneWaits()
    return { ...endpoint, waiting, keyId: made.body.id as string }
  }

  test("its key is revoked: it gets and leases nothing of what comes then", async () => {
    const { waiting, keyId, fetch } = await startWaiting()
    const { status } = await call(`DELETE /keys/${keyId}`)
    assert.equal(status, 204)
    const uuids = await happen(1)
    assert.equal((await waiting).status, 401)
    assert.deepEqual(uuidsOf(await fetch()), uuids)
  })

  test("the secret is rotated: what comes then is signed with the new one alone", async () => {
    const { waiting, id, secret } = await startWaiting()
    const rotated = await call(`POST /endpoints/${id}/secret/rotate`, {
      body: { overlapSeconds: 0 },
    })
    await happen(1)
    const { body } = await waiting
    const [message] = body.messages
    const read = (by: string) => new Webhook(by).verify(message.body, message.headers)
    assert.ok(read(rotated.body.secret))
    assert.throws(() => read(secret), WebhookVerificationError)
  })

  test("the endpoint is disabled: what a worker makes for it, which does not know yet, is not given", async () => {
    const { waiting, id } = await startWaiting()
    await happen(1)
    assert.equal((await waiting).body.messages.length, 1)
    const again = call(`POST /endpoints/${id}/messages`, { body: { waitSeconds: 20 } })
    await untilOneWaits()
    // Not by the API, which would also hold what is pending.
    await Endpoint.update(world.deps.table, world.customer.tenant, id, { disabled: true })
    await happen(1)
    const { status, body } = await again
    assert.deepEqual([status, body.code], [409, "conflict.state"])
  })
})
