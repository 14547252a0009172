import { randomUUID } from "node:crypto"
import { mock } from "node:test"
import { releaseHandler } from "@ringback/functions/release"
import type { DynamodbKind } from "@ringback/local/engines"
import { makeContext } from "@ringback/local/lambda"
import type { Delivery } from "@ringback/store/delivery"
import { listDeliveries } from "@ringback/store/delivery-list"
import { commonShards, isHealthEntry, listDue } from "@ringback/store/due"
import { ok, startReceiver, type Behaviour, type TestReceiver, type Webhook } from "./receiver.ts"
import { startStack, type Stack } from "./stack.ts"
import {
  eventMessage,
  makeCustomer,
  makeDeps,
  makeEndpoint,
  pumpAll,
  sendToIngest,
  type Customer,
  type Deps,
  type SystemOptions,
} from "./system.ts"

const MINUTE_MS = 60_000

/** Ringback's workers with a clock of the test's: days of retries take as long as their requests. */
export type World = {
  stack: Stack
  deps: Deps
  customer: Customer
  receiver: TestReceiver
  now: () => number
  advance: (ms: number) => void
  /** Another tenant with its own PBX, so that one test does not see another's endpoints; a receiver that says 204. */
  begin: () => Promise<void>
  /** An endpoint on the world's receiver, under a path of its own. */
  addEndpoint: (
    settings?: Parameters<typeof makeEndpoint>[3],
  ) => Promise<{ id: string; path: string; secret: string; arrived: () => Webhook[] }>
  /** Puts a fresh campaign event into the ingest queue. */
  say: (headers?: [string, string][]) => Promise<void>
  pump: () => Promise<void>
  /** `release` as its schedule runs it, then what it has sent. */
  release: () => Promise<void>
  /** Jumps from one due time to the next until nothing is pending, or `until` (epoch ms) is reached. */
  run: (until?: number) => Promise<void>
  deliveries: (query?: { endpointId?: string }) => Promise<Delivery[]>
  close: () => Promise<void>
}

/** One stack for a file of tests; call `close` in `after`. The clock begins at `start`. */
export async function startWorld(options: SystemOptions = {}, kind?: DynamodbKind): Promise<World> {
  mock.timers.enable({ apis: ["Date"], now: Date.parse("2026-11-22T12:00:00Z") })
  const stack = await startStack({ isClockMoved: true, kind })
  const receiver = await startReceiver()
  const deps = makeDeps(stack, { now: Date.now, random: () => 0.5, ...options })
  const context = () => makeContext(300_000)

  const world: World = {
    stack,
    deps,
    customer: await makeCustomer(deps),
    receiver,
    now: Date.now,
    advance: (ms) => mock.timers.setTime(Date.now() + ms),
    async begin() {
      await world.pump()
      world.customer = await makeCustomer(deps)
      receiver.arrived.length = 0
      receiver.behave(ok)
    },
    async addEndpoint(settings = {}) {
      const path = randomUUID()
      const url = receiver.url + path
      const { endpoint, secret } = await makeEndpoint(deps, world.customer.tenant, url, settings)
      // What the functions have cached knows nothing of it.
      world.advance(11_000)
      const arrived = () =>
        receiver.arrived.filter((each) => each.path === `/${path}`).map(({ webhook }) => webhook)
      return { id: endpoint.id, path: `/${path}`, secret, arrived }
    },
    async say(headers = campaignUpdate()) {
      await sendToIngest(stack, world.customer, eventMessage(world.customer, headers))
    },
    pump: () => pumpAll(stack, deps),
    async release() {
      await releaseHandler(deps)({ windowMs: MINUTE_MS }, context())
      await world.pump()
    },
    async run(until = Date.now() + 7 * 24 * 60 * MINUTE_MS) {
      await world.pump()
      for (;;) {
        const next = await nextTime(deps, world.customer.tenant)
        if (next === undefined || next > until) break
        world.advance(Math.max(1000, next - Date.now()))
        await world.release()
        // What was released for later in this minute is a delayed message still.
        world.advance(MINUTE_MS)
        await world.pump()
      }
    },
    async deliveries(query = {}) {
      return (await listDeliveries(deps.table, world.customer.tenant, { limit: 250, ...query }))
        .items
    },
    async close() {
      await receiver.close()
      await stack.close()
      mock.timers.reset()
    },
  }
  return world
}

/** When something is meant to happen next: a retry, or a probe of an endpoint with which something is parked. */
async function nextTime({ table }: Deps, tenant: string): Promise<number | undefined> {
  const pending = await listDeliveries(table, tenant, { statuses: ["pending"], limit: 250 })
  const isParked = ({ dueShard }: Delivery) => dueShard?.startsWith("parked#") ?? false
  const times = pending.items.filter((each) => !isParked(each)).map(({ nextAt }) => nextAt!)
  if (pending.items.some(isParked)) {
    const due = await Promise.all(
      commonShards.map((shard) => listDue(table, shard, Number.MAX_SAFE_INTEGER, 10)),
    )
    const probes = due.flatMap(({ entries }) => entries).filter(isHealthEntry)
    times.push(...probes.map(({ dueAt }) => dueAt))
  }
  return times.length === 0 ? undefined : Math.min(...times)
}

const stamp = (millis: number) => new Date(millis).toISOString().replace("Z", "000000Z")

/** The headers of an update of a campaign that nobody has heard of yet. */
export function campaignUpdate(uuid = randomUUID(), at = Date.now()): [string, string][] {
  return [
    ["Event", "OutCampaignUpdate"],
    ["Privilege", "message,all"],
    ["Uuid", uuid],
    ["Name", "test"],
    ["Status", "1"],
    ["TmCreate", stamp(at - MINUTE_MS)],
    ["TmDelete", "<unknown>"],
    ["TmUpdate", stamp(at)],
  ]
}

/** Answers each path in its own way. */
export const byPath =
  (behaviours: Record<string, Behaviour>, otherwise: Behaviour): Behaviour =>
  (arrived, response) =>
    (behaviours[arrived.path] ?? otherwise)(arrived, response)
