import { randomBytes } from "node:crypto"
import { SendMessageBatchCommand } from "@aws-sdk/client-sqs"
import { createApi } from "@ringback/functions/api/index"
import { sealMessage } from "@ringback/events/message"
import { parseNetworks } from "@ringback/webhooks/address"
import { listDeliveries } from "@ringback/store/delivery-list"
import * as Delivery from "@ringback/store/delivery"
import { listEvents } from "@ringback/store/event-list"
import { idOf } from "@ringback/store/event"
import { eventMessage, makeEndpoint, type Deps } from "../harness/system.ts"
import type { PlannedEvent } from "./events.ts"
import type { PlannedAction } from "./plan.ts"
import { addTo } from "./tally.ts"
import type { Workers } from "./workers.ts"
import type { World } from "./world.ts"

const OPERATOR_KEY = "the operator's key, for tests"
const collectors = ["A".repeat(22), "B".repeat(22)]

/** Puts everything that was planned on the agenda: endpoints, events, and what the tenant does. */
export async function plan(world: World, workers: Workers): Promise<void> {
  const { agenda, startedAt } = world
  for (const [index, planned] of world.plan.endpoints.entries()) {
    if (planned.at === 0) await addEndpoint(world, index)
    else agenda.add(startedAt + planned.at, () => addEndpoint(world, index))
  }
  // Ten a request, as a collector sends them.
  const copies = world.plan.events.flatMap((planned) => copiesOf(world, planned))
  copies.sort((a, b) => a.at - b.at)
  const isFlood = copies.length > 100
  for (let start = 0; start < copies.length; start += isFlood ? 10 : 1) {
    const some = copies.slice(start, start + (isFlood ? 10 : 1))
    agenda.add(startedAt + some.at(-1)!.at, () => send(world, some))
  }
  for (const action of world.plan.actions) {
    agenda.add(startedAt + action.at, () => act(world, workers, action))
  }
}

async function addEndpoint(world: World, index: number): Promise<void> {
  const planned = world.plan.endpoints[index]!
  const { eventTypes, statuses, rateLimit, signing, isDisabled, mood } = planned
  const { endpoint, secret } = await makeEndpoint(
    world,
    world.customer.tenant,
    world.senders.urlOf(index),
    {
      eventTypes,
      rateLimit,
      signing,
      disabled: isDisabled,
      filter: statuses && { "data.status": statuses },
    },
  )
  world.endpoints[index] = { planned, endpoint, createdAt: Date.now() }
  world.receipts.add(endpoint.id, secret, mood)
  world.senders.name(index, endpoint.id)
}

type Prepared = { at: number; body: () => string }

/** A collector's message has one id and one time, however often it is sent. */
function copiesOf(world: World, planned: PlannedEvent): Prepared[] {
  const sent = { planned, messageIds: new Set<string>() }
  world.sent.push(sent)
  const messages = new Map<number, ReturnType<typeof eventMessage>>()
  return planned.copies.map(({ at, collector }) => ({
    at,
    body() {
      const message =
        messages.get(collector) ??
        eventMessage(world.customer, planned.headers, {
          id: randomBytes(16).toString("base64url"),
          collector: collectors[collector]!,
          receivedAt: world.startedAt + planned.at + collector,
        })
      messages.set(collector, message)
      sent.messageIds.add(message.id)
      return sealMessage(message, world.customer.source.key)
    },
  }))
}

// Sent without faults: what is acknowledged here is what may not be lost.
async function send({ stack, sqs }: World, some: Prepared[]): Promise<void> {
  const Entries = some.map(({ body }, index) => ({ Id: String(index), MessageBody: body() }))
  await sqs.send(new SendMessageBatchCommand({ QueueUrl: stack.queues.Ingest.url, Entries }))
}

async function act(world: World, workers: Workers, action: PlannedAction): Promise<void> {
  const { tenant } = world.customer
  const base = `/v1/tenants/${tenant}`
  if (action.kind === "retry") return retrySome(world, workers, base)
  if (action.kind === "replay") return replaySome(world, workers, base)
  const made = world.endpoints[action.endpoint]
  if (!made || made.deletedAt !== undefined) return
  const { id } = made.endpoint
  const path = `${base}/endpoints/${id}`
  switch (action.kind) {
    case "mood":
      return world.receipts.setMood(id, action.mood)
    case "disable":
    case "enable":
      await ask(world, workers, "PATCH", path, { disabled: action.kind === "disable" })
      return
    case "delete":
      made.deletedAt = Date.now()
      await ask(world, workers, "DELETE", path)
      return
    case "recover":
      await ask(world, workers, "POST", `${path}/recover`, {
        since: new Date(world.startedAt - 1000).toISOString(),
      })
  }
}

async function retrySome(world: World, workers: Workers, base: string): Promise<void> {
  const { table, customer, chance } = world
  const { items } = await listDeliveries(table, customer.tenant, { limit: 50 })
  if (items.length === 0) return
  const delivery = chance.pick(items, "retried", Date.now())
  const id = Delivery.idOf(delivery)
  await ask(world, workers, "POST", `${base}/deliveries/${id}/retry`, {}, () =>
    addTo(world.again.retries, id),
  )
}

async function replaySome(world: World, workers: Workers, base: string): Promise<void> {
  const { table, customer, chance } = world
  const { items } = await listEvents(table, customer.tenant, { limit: 50 })
  if (items.length === 0) return
  const id = idOf(chance.pick(items, "replayed", Date.now()))
  await ask(world, workers, "POST", `${base}/events/${id}/replay`, {}, () =>
    addTo(world.again.replays, id),
  )
}

const ATTEMPTS = 30

/** One request to the admin API, made again until it is answered, as a careful client does. */
async function ask(
  world: World,
  workers: Workers,
  method: string,
  path: string,
  body?: object,
  note: () => void = () => {},
): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    note()
    const status = await workers.invoke("api", 6, (deps) => request(deps, method, path, body))
    if (status !== undefined && status < 500) {
      const isFine = status < 300 || status === 404 || status === 409
      if (!isFine) world.problems.push(`${method} ${path} was answered ${status}`)
      return
    }
  }
  world.problems.push(`${method} ${path} was never answered`)
}

async function request(deps: Deps, method: string, path: string, body?: object): Promise<number> {
  const app = createApi({
    ...deps,
    operatorKey: OPERATOR_KEY,
    origin: "https://api.example.com",
    urlRules: { allowedNetworks: parseNetworks("127.0.0.0/8"), resolve: async () => [] },
    rateLimit: 0,
    limits: { endpoints: 200, keys: 100, sources: 100 },
    version: "test",
  })
  const answer = await app.request(path, {
    method,
    headers: { authorization: `Bearer ${OPERATOR_KEY}`, "content-type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  })
  return answer.status
}
