import assert from "node:assert/strict"
import { pumpAll } from "../harness/system.ts"
import { makeTenant, type TestApi } from "./api.ts"

/** A tenant with one of everything, by the names that paths have for them. */
export type World = { path: string; key: string; token: string; ids: Record<string, string> }

/** Makes it through the API alone, and lets an event run through the pipeline. */
export async function makeWorld(api: TestApi, url: string): Promise<World> {
  const { id: tenantId, path, key } = await makeTenant(api)
  const source = await api.call(`POST ${path}/sources`, { body: { name: "PBX" } })
  const endpoint = await api.call(`POST ${path}/endpoints`, { body: { url } })
  assert.equal(endpoint.status, 201, endpoint.text)
  const sourcePath = `${path}/sources/${source.body.id}`
  const started = await api.call(`POST ${sourcePath}/test`, {
    body: { eventType: "dialing.updated" },
  })
  await pumpAll(api.stack, api.deps)
  const deliveries = await api.call(`GET ${path}/deliveries`)
  const keys = await api.call(`GET ${path}/keys`)
  const erasure = await api.call(`POST ${path}/erase`, { body: { uuid: "nobody" } })
  const ids = {
    tenantId,
    keyId: keys.body.data[0].id,
    sourceId: source.body.id,
    endpointId: endpoint.body.id,
    eventId: started.body.eventId,
    deliveryId: deliveries.body.data[0].id,
    jobId: erasure.body.jobId,
    type: "campaign.updated",
  }
  return { path, key, token: source.body.token, ids }
}

/** A path template with those ids in its places. */
export const fill = (path: string, ids: Record<string, string>) =>
  path.replace(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? "")
