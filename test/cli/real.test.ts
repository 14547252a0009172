import assert from "node:assert/strict"
import { test } from "node:test"
import { makeDir } from "../harness/directory.ts"
import { operatorKey, startRingback } from "../harness/ringback.ts"
import { cli, startCli, until } from "./command.ts"

test("beside a real npm start: listen, trigger, and the verified webhook; then the logs, replay and retry", async (t) => {
  const dir = makeDir()
  const ringback = await startRingback(t, { RINGBACK_DATA_DIR: dir, RINGBACK_DEMO: "0" })
  const env = { RINGBACK_DATA_DIR: dir, RINGBACK_KEY: operatorKey }
  await ringback.call("POST", "/tenants", { name: "demo" })

  // An event before there is any endpoint, so that the workers remember that there is none.
  const early = await cli(["trigger", "plan.created"], env)
  assert.equal(early.exitCode, 0, early.err)
  const listening = startCli(t, ["listen", "--json"], env)
  await until("it listens", () => listening.written.err.includes("Listening as ep_"))
  const triggered = await cli(["trigger", "dialing.updated", "--json"], env)
  const { eventId } = JSON.parse(triggered.out) as { eventId: string }

  const shown = () =>
    listening.written.out
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line))
  await until("the webhook is shown", () => shown().some(({ webhook }) => webhook.id === eventId))
  const [first] = shown()
  assert.equal(first.verified, true)
  assert.equal(first.webhook.type, "dialing.updated")

  const one = JSON.parse((await cli(["events", eventId, "--json"], env)).out)
  assert.equal(one.id, eventId)
  assert.equal(one.deliveries.length, 1)
  const list = await cli(["events", "--type", "dialing.updated"], env)
  assert.ok(list.out.includes(eventId), list.err)
  const deliveryId = one.deliveries[0].id as string
  await until("it is delivered", async () =>
    (await cli(["deliveries", "--status", "delivered"], env)).out.includes(deliveryId),
  )
  assert.match((await cli(["deliveries", deliveryId], env)).out, /✓ .* 204 /)

  const replayed = await cli(["replay", eventId], env)
  assert.equal(replayed.exitCode, 0, replayed.err)
  await until("it is shown twice", () => shown().length === 2)
  const retried = await cli(["retry", deliveryId], env)
  assert.equal(retried.exitCode, 0, retried.err)
  await until("it is shown three times", () => shown().length === 3)
  assert.ok(shown().every(({ webhook, verified }) => verified && webhook.id === eventId))

  const unknown = await cli(["trigger", "campaign.start"], env)
  assert.equal(unknown.exitCode, 2)
  assert.match(unknown.err, /campaign\.created, campaign\.updated, campaign\.deleted/)
  listening.stop()
  assert.equal((await listening.finished).exitCode, 0)
  const { data } = await ringback.call<{ data: unknown[] }>(
    "GET",
    `/tenants/${one.tenant}/endpoints`,
  )
  assert.deepEqual(data, [])
  await ringback.kill()
})
