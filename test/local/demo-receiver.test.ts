import { type ReceivedWebhook, startDemoReceiver } from "@ringback/local/demo-receiver"
import assert from "node:assert/strict"
import { test } from "node:test"
import { Webhook } from "standardwebhooks"

const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`

test("the demo receiver takes what another implementation signed, and nothing else", async () => {
  const seen: ReceivedWebhook[] = []
  const receiver = await startDemoReceiver(
    () => secret,
    (webhook) => seen.push(webhook),
  )
  const body = JSON.stringify({ type: "campaign.created", data: {} })
  const post = async (id: string, at: Date, signature: string, text = body) => {
    const headers = {
      "webhook-id": id,
      "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
      "webhook-signature": signature,
    }
    return (await fetch(receiver.url, { method: "POST", headers, body: text })).status
  }
  const now = new Date()
  const sign = (id: string, at: Date) => new Webhook(secret).sign(id, at, body)
  const old = new Date(now.getTime() - 3_600_000)

  assert.equal(await post("evt_1", now, sign("evt_1", now)), 204)
  assert.equal(await post("evt_1", now, `v1,old ${sign("evt_1", now)}`), 204)
  assert.equal(await post("evt_2", now, sign("evt_1", now)), 400)
  assert.equal(await post("evt_3", now, sign("evt_3", now), body.replace("{}", "[]")), 400)
  assert.equal(await post("evt_4", old, sign("evt_4", old)), 400)
  assert.equal(await post("evt_5", now, sign("evt_5", now), "no json"), 400)

  assert.deepEqual(
    seen.map(({ id, isSignatureOk, isRepeated }) => [id, isSignatureOk, isRepeated]),
    [
      ["evt_1", true, false],
      ["evt_1", true, true],
      ["evt_2", false, false],
      ["evt_3", false, false],
      ["evt_4", false, false],
    ],
  )
  await receiver.close()
})
