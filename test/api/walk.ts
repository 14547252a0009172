import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { SendMessageCommand } from "@aws-sdk/client-sqs"
import { answer, ok } from "../harness/receiver.ts"
import type { World as Workers } from "../harness/world.ts"
import type { Sent, TestApi } from "./api.ts"
import { neededQuery, operations } from "./conformance.ts"
import { fill, makeWorld, type World } from "./world.ts"

// Where the document's example is about something that is not there, or one body does not go all paths.
const bodies: Record<string, (url: string) => unknown[]> = {
  createKey: () => [{ name: "crm" }],
  createEndpoint: (url) => [{ url }, { pull: true }],
  updateEndpoint: (url) => [{ url, disabled: true }, { disabled: false }],
  recoverEndpoint: () => [false, true].map((dryRun) => ({ since: "2026-11-01T00:00:00Z", dryRun })),
  replayEvent: () => [{}],
}
const queries: Record<string, string[]> = {
  listDeliveries: ["?status=failed&status=pending", "?status=delivered", "?limit=1"],
  listAudit: ["?target=ep_06fzk3vq8r2m5x0c9d7g4h1jtw"],
  search: ["?q=%2B420123456", "?q=evt_32mhns9q8r2m5x0c9d7g4h1jtw0a1b2c"],
  listEvents: ["?type=campaign.updated", "?limit=1"],
}

/** What is asked twice under one Idempotency-Key, and what is asked under one in vain. */
export async function askTwice({ call }: TestApi): Promise<void> {
  const headers = { "idempotency-key": randomUUID() }
  const make = () => call("POST /v1/tenants", { body: { name: "Acme" }, headers })
  const [first, second] = [await make(), await make()]
  assert.deepEqual(second.body, first.body)
  const endpoints = `POST /v1/tenants/${first.body.id}/endpoints`
  const refused = await call(endpoints, { body: { url: "http://10.0.0.1/" }, headers })
  assert.equal(refused.status, 400, refused.text)
}

// One more than a list shows at first: what it shows is hidden for a while from whoever asks next.
const DEAD_LETTERS = 11

/** In each dead-letter queue something that its worker can do nothing with. */
async function leaveDeadLetters({ stack }: Workers, ids: World["ids"]): Promise<void> {
  const { tenantId: tenant, endpointId, eventId, deliveryId } = ids
  const job = { v: 1, kind: "hold", tenant, endpointId }
  const delivery = { v: 1, tenant, endpointId, eventId, deliveryId, eventType: "x", turn: 99 }
  const stale = JSON.stringify({ ...delivery, madeAt: 0, again: true })
  const bodies = { Ingest: "hello", Delivery: stale, Retry: stale, Jobs: JSON.stringify(job) }
  for (const [name, MessageBody] of Object.entries(bodies)) {
    const QueueUrl = stack.queues[name as keyof typeof bodies].deadLetterUrl
    for (let sent = 0; sent < DEAD_LETTERS; sent++) {
      await stack.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }))
    }
  }
}

type Some = typeof operations

/** Asks for each operation of the document, with success, and has the workers do what comes of it. */
export async function walkApi(api: TestApi, workers: Workers): Promise<void> {
  const { deps, receiver } = workers
  const { url } = receiver
  // What is pumped while its world is made is no work of the API's.
  const ours = await makeWorld({ ...api, deps: { ...api.deps, ...deps } }, url)
  receiver.behave((_, response) => answer(response, 500))
  await api.call(`POST ${ours.path}/sources/${ours.ids["sourceId"]}/test`, { body: {} })
  await workers.pump()
  receiver.behave(ok)
  await leaveDeadLetters(workers, ours.ids)
  const isDeletion = ({ method }: Some[number]) => method === "DELETE"
  const isOfKey = ({ path }: Some[number]) => path.includes("{keyId}")
  const isOfTenant = ({ path }: Some[number]) => path.endsWith("{tenantId}")
  const deletions = operations.filter(isDeletion)
  // The key that asks is revoked when nothing else is left to it, the tenant when it has nothing else.
  for (const some of [
    operations.filter((each) => !isDeletion(each)),
    deletions.filter((each) => !isOfKey(each) && !isOfTenant(each)),
    deletions.filter(isOfKey),
    deletions.filter(isOfTenant),
  ]) {
    await ask(api, some, ours, url)
    await workers.pump()
  }
}

async function ask(
  api: TestApi,
  some: Some,
  { ids, key, token }: World,
  url: string,
): Promise<void> {
  for (const { method, path, operation } of some) {
    const { operationId, requestBody, security } = operation
    const example = requestBody?.content["application/json"].example
    for (const body of bodies[operationId]?.(url) ?? [example]) {
      for (const query of [neededQuery(operation), ...(queries[operationId] ?? [])]) {
        // A tenant's own key, wherever that will do.
        const isTenants = path.includes("{tenantId}") && security.length > 1
        const isSources = security.some((each) => "sourceToken" in each)
        const own = isSources ? { key: token } : isTenants ? { key } : {}
        const sent: Sent = { ...own, ...(body !== undefined && { body }) }
        const { status, text } = await api.call(`${method} ${fill(path, ids)}${query}`, sent)
        assert.ok(status < 300, `${operationId}: ${status} ${text}`)
      }
    }
  }
}
