import { assumed } from "./aws/assumptions.ts"
import { Table } from "./aws/partitions.ts"
import { makeRandom } from "./engine/random.ts"
import { Receivers } from "./system/receivers.ts"
import { makeTenants } from "./system/tenants.ts"

/** What one full batch after the other carries, a second. */
export type Capacity = { eventsABatch: number; webhooksABatch: number }

const BATCHES = 5_000
const BATCH = 10
const SECOND = 1000

/** Of one concurrent batch of Ingest and of Delivery, at receivers that are not slow. */
export function capacityOf(seed: number): Capacity {
  const random = makeRandom(seed)
  const receivers = new Receivers(random)
  const endpoints = makeTenants(new Table(), random, { tenants: 2_000 })
    .flatMap((tenant) => tenant.endpoints)
    .filter(({ medianMs }) => medianMs < SECOND)
  const requestsMs = assumed("tableMs") + 2 * assumed("sqsMs")
  const cpuMs = (worker: "ingest" | "deliver") =>
    (BATCH * assumed(`${worker}CpuMs`)) / assumed(`${worker}Cores`)
  let postsMs = 0
  for (let batch = 0; batch < BATCHES; batch++) {
    let slowest = 0
    for (let index = 0; index < BATCH; index++) {
      const endpoint = endpoints[random.below(endpoints.length)]
      if (endpoint) slowest = Math.max(slowest, receivers.answer(endpoint, 0).ms)
    }
    postsMs += slowest
  }
  return {
    eventsABatch: Math.round((BATCH * SECOND) / (cpuMs("ingest") + requestsMs)),
    webhooksABatch:
      Math.round((BATCH * SECOND * 10) / (cpuMs("deliver") + requestsMs + postsMs / BATCHES)) / 10,
  }
}
