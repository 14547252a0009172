import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { after, before, test } from "node:test"
import { SendMessageCommand } from "@aws-sdk/client-sqs"
import { makeTenant } from "../api/api.ts"
import { startPortal, type TestPortal } from "./portal.ts"

let portal: TestPortal
before(async () => void (portal = await startPortal()))
after(() => portal.close())

const id = (prefix: string) => `${prefix}_${randomUUID().replaceAll("-", "").slice(0, 26)}`

test("a dead letter leads to what it is about, the most exact of what it names", async () => {
  const { id: tenant } = await makeTenant(portal)
  const [deliveryId, eventId, endpointId, source] = [id("dlv"), id("evt"), id("ep"), id("src")]
  const letters = [
    { deliveryId, eventId, endpointId },
    { eventId, endpointId },
    { endpointId },
    { source },
    { eventId: "evt_<b>" },
  ]
  for (const about of letters)
    await portal.stack.sqs.send(
      new SendMessageCommand({
        QueueUrl: portal.stack.queues.Delivery.deadLetterUrl,
        MessageBody: JSON.stringify({ v: 1, tenant, ...about }),
      }),
    )
  const { text } = await (await portal.signIn()).get("/portal/dead-letters")
  const links = [...text.matchAll(/href="\/portal\/ten_[^/"]+\/([^"]+)"/g)].map(([, to]) => to!)
  assert.deepEqual(links.toSorted(), [
    `deliveries/${deliveryId}`,
    `endpoints/${endpointId}`,
    `events/${eventId}`,
    `sources/${source}`,
  ])
  assert.match(text, /<code class="small">evt_&lt;b&gt;<\/code>/)
})
