import pMap from "p-map"
import { releaseHandler } from "@ringback/functions/release"
import { makeContext } from "@ringback/local/lambda"
import * as Delivery from "@ringback/store/delivery"
import { deliveryRef } from "@ringback/store/item-keys"
import { startReceiver } from "../harness/receiver.ts"
import { startStack } from "../harness/stack.ts"
import {
  eventMessage,
  makeCustomer,
  makeDeps,
  makeEndpoint,
  pumpAll,
  sendToIngest,
} from "../harness/system.ts"
import { campaignUpdate } from "../harness/world.ts"

// Ten thousand deliveries that fall due in the same minute: how long until they are all released, and delivered, and
// whether any is twice. Everything in one process: engines, workers, receiver.

const COUNT = Number(process.env["BENCH_COUNT"] ?? 10_000)

const stack = await startStack()
const receiver = await startReceiver()
const deps = makeDeps(stack)
const { table } = deps
const customer = await makeCustomer(deps)
const { tenant } = customer
const { endpoint } = await makeEndpoint(deps, tenant, receiver.url)
await sendToIngest(stack, customer, eventMessage(customer, campaignUpdate()))
await pumpAll(stack, deps)
const { webhook } = receiver.arrived[0]!
const now = Date.now()
const planOne = async (index: number) => {
  const ref = deliveryRef(webhook.id, endpoint.id, now, String(index))
  const facts = {
    tenant,
    ref,
    endpointId: endpoint.id,
    eventId: webhook.id,
    eventType: webhook.type,
  }
  const due = { at: now, nextAt: now }
  await Delivery.advance(table, facts, 0, { status: "pending", keepsTurn: true, due })
}
await pMap([...Array(COUNT).keys()], planOne, { concurrency: 40 })
receiver.arrived.length = 0

const seconds = (since: number) => ((performance.now() - since) / 1000).toFixed(1)
const startedAt = performance.now()
// One run of the function, and its twin at the same time: a schedule may fire twice.
const runs = await Promise.all([
  releaseHandler(deps)({}, makeContext(55_000)),
  releaseHandler(deps)({}, makeContext(55_000)),
])
const released = runs.reduce((sum, run) => sum + run.released, 0)
console.log(`${released} of ${COUNT} released in ${seconds(startedAt)} s by two runs side by side`)
await pumpAll(stack, deps)
console.log(
  `${receiver.arrived.length} POSTs after ${seconds(startedAt)} s: each once, if that is ${COUNT}`,
)
await receiver.close()
await stack.close()
process.exit(released === COUNT && receiver.arrived.length === COUNT ? 0 : 1)
