import { DeleteItemCommand, ScanCommand } from "@aws-sdk/client-dynamodb"
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb"
import { idOf } from "@ringback/store/delivery"
import { listDeliveries } from "@ringback/store/delivery-list"
import { isHealthEntry, type DueEntry } from "@ringback/store/due"
import { tenantOf } from "@ringback/store/item-keys"
import type { Stack } from "../harness/stack.ts"
import { advanceTo, startClock, stopClock } from "./clock.ts"
import { balance, type Ledger } from "./ledger.ts"
import type { Size } from "./plan.ts"
import { seedIds } from "./seeded-ids.ts"
import { sum, type Tally } from "./tally.ts"
import * as Tenant from "./tenant.ts"
import { Workers } from "./workers.ts"
import { makeWorld, startsAt, type World } from "./world.ts"

export type History = Ledger & {
  seed: number
  events: number
  posts: number
  faults: Tally
  answers: Tally
  isCalm: boolean
  isOverHttp: boolean
  simulatedMs: number
  rounds: number
  /** The last of what the functions logged, for whoever looks into a problem. */
  lines: string[]
}

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
const LONGEST_MS = 28 * DAY_MS
const MOST_ROUNDS = 2_000

/** Lives through one seed's history on that stack, which no other uses meanwhile, and balances its books. */
export async function runHistory(stack: Stack, seed: number, size: Size = {}): Promise<History> {
  startClock(startsAt)
  const restoreIds = seedIds(seed)
  const world = await makeWorld(stack, seed, size)
  try {
    const workers = new Workers(world)
    await Tenant.plan(world, workers)
    const rounds = await live(world, workers)
    const ledger = await balance(world)
    const { plan, receipts, faults } = world
    return {
      ...ledger,
      seed,
      events: plan.events.length,
      posts: sum(receipts.answers),
      faults,
      answers: receipts.answers,
      isCalm: plan.isCalm,
      isOverHttp: plan.isOverHttp,
      simulatedMs: Date.now() - world.startedAt,
      rounds,
      lines: world.lines,
    }
  } finally {
    await clear(world)
    await world.senders.close()
    restoreIds()
    stopClock()
  }
}

/** Jumps from one time at which something happens to the next, until nothing will. */
async function live(world: World, workers: Workers): Promise<number> {
  const { agenda, chance, startedAt, problems } = world
  let releasedAt = -Infinity
  for (let round = 0; ; round++) {
    if (round === MOST_ROUNDS || Date.now() - startedAt > LONGEST_MS) {
      problems.push(`it does not come to rest in ${round} rounds`)
      return round
    }
    if ((await agenda.run(Date.now())) + (await workers.pump()) > 0) continue
    const due = await dueEntries(world)
    if (chance.is(0.03, "sample", round)) await checkPending(world)
    const nextRelease = Math.max(releaseTime(due), releasedAt + MINUTE_MS)
    if (nextRelease <= Date.now()) {
      releasedAt = Date.now()
      await workers.release()
      continue
    }
    const next = Math.min(nextRelease, agenda.next ?? Infinity)
    if (next === Infinity) return round
    advanceTo(next + latenessOf(world, round))
  }
}

/**
 * The schedule is late at times, by an hour where something was broken; and the longer a history has gone on, the more
 * falls due together, so that days of retries take few rounds.
 */
function latenessOf({ chance, plan, startedAt }: World, round: number): number {
  if (plan.isCalm) return 0
  const elapsedMs = Date.now() - startedAt
  const lateMs = [0, 0, 1000, 20_000, 5 * MINUTE_MS, 60 * MINUTE_MS, Math.floor(elapsedMs / 10)]
  return chance.pick(lateMs, "late", round)
}

/** When `release` finds something to do. An endpoint that rests is looked at only while something waits for it. */
function releaseTime(due: DueEntry[]): number {
  const isParked = ({ dueShard }: DueEntry) => dueShard.startsWith("parked#")
  const waiting = new Set(due.filter(isParked).map(({ endpointId }) => endpointId))
  const times = due
    .filter((entry) => !isParked(entry) && (!isHealthEntry(entry) || waiting.has(entry.endpointId)))
    .map(({ dueAt }) => dueAt - MINUTE_MS)
  return Math.min(Infinity, ...times)
}

async function dueEntries({ table, customer }: World): Promise<DueEntry[]> {
  const scan = new ScanCommand({ TableName: table.name, IndexName: "due" })
  const { Items = [] } = await table.client.send(scan)
  return Items.map((item) => unmarshall(item) as DueEntry).filter(
    (entry) => tenantOf(entry) === customer.tenant,
  )
}

/** At no time does a pending delivery lack the time at which it is looked at again. */
async function checkPending({ problems, table, customer }: World): Promise<void> {
  const { items } = await listDeliveries(table, customer.tenant, {
    statuses: ["pending"],
    limit: 250,
  })
  for (const delivery of items) {
    const isDue = delivery.dueAt !== undefined && delivery.dueShard !== undefined
    if (!isDue) problems.push(`${idOf(delivery)} is pending and has no dueAt`)
  }
}

/** The next history on this stack begins at the same hour: nothing of this one may fall due in it. */
async function clear(world: World): Promise<void> {
  for (const { pk, sk } of await dueEntries(world)) {
    const { client, name } = world.table
    await client.send(new DeleteItemCommand({ TableName: name, Key: marshall({ pk, sk }) }))
  }
}
