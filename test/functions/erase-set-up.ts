import assert from "node:assert/strict"
import { after, before, beforeEach } from "node:test"
import { startWorld, type World } from "../harness/world.ts"
import { startApi, type Sent, type TestApi } from "../api/api.ts"
import type { Pair } from "../events/capture.ts"

export let world: World
let api: TestApi
before(async () => {
  world = await startWorld()
  api = await startApi({ stack: world.stack, now: Date.now })
})
after(() => world.close())
beforeEach(() => world.begin())

const path = () => `/v1/tenants/${world.customer.tenant}`
export const call = (route: string, sent?: Sent) => {
  const [method, rest] = route.split(" ")
  return api.call(`${method} ${path()}${rest}`, sent)
}

export async function say(events: Pair[][]): Promise<void> {
  for (const headers of events) await world.say(headers)
  await settle()
}

export async function settle(): Promise<void> {
  await world.pump()
  world.advance(6000)
  await world.pump()
}

/** Asks for the erasure, and lets it run to its end. */
export async function erase(body: { uuid: string } | { contactKey: string }) {
  const asked = await call("POST /erase", { body })
  assert.equal(asked.status, 202, asked.text)
  const jobId = asked.body.jobId as string
  for (let round = 0; round < 8; round++) {
    await world.pump()
    world.advance(15_000)
  }
  const job = await call(`GET /jobs/${jobId}`)
  assert.equal(job.body.status, "done", job.text)
  return job.body as { erased: { records: number; events: number; deliveries: number } }
}
