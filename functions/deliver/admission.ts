import { setTimeout as sleep } from "node:timers/promises"
import { advance } from "@ringback/store/delivery"
import { allowsAttempt } from "../endpoint/breaker.ts"
import { noteNextFree } from "../endpoint/cached-endpoint.ts"
import {
  hasSlowSlots,
  intervalWhileSlow,
  isSlow,
  ownIntervalOf,
  spreadAfterSlow,
  stretchOfTenant,
} from "../endpoint/slow-share.ts"
import { parked, plan, type RetryPlan } from "../messages/retry-transport.ts"
import { isSlotValid } from "./queue-lag.ts"
import { MAX_WAIT_MS } from "./slots.ts"
import { isTooSlow, mustWait } from "./slow-lane.ts"
import { isFirst, type ReadyWork, type StepDeps } from "./work.ts"

/**
 * What a delivery waits for: its endpoint's breaker, or a time (epoch ms) with its slot under a
 * rate limit or a slow endpoint's share.
 */
type Wait = "breaker" | { at: number; slot?: number }

/** Whether the delivery can be attempted now. If not, it is scheduled for what it waits for. */
export async function admit(deps: StepDeps, work: ReadyWork): Promise<boolean> {
  const wait = work.message.manual ? await waitAsManual(deps, work) : await waitFor(deps, work)
  if (wait) await defer(deps, work, wait)
  return !wait
}

async function waitFor(deps: StepDeps, work: ReadyWork): Promise<Wait | undefined> {
  const { message, receiver, delivery } = work
  const now = deps.table.now()
  if (!(await allowsAttempt(deps, message, receiver.health))) return "breaker"
  // The time of a retry already includes the receiver's Retry-After. New deliveries are spread over
  // the time after the pause.
  const { pausedUntil = 0 } = receiver.health
  const isFirstTry = message.turn === 0 || delivery?.tries === 0
  if (pausedUntil > now && isFirstTry) return { at: Math.ceil(pausedUntil + spread(deps)) }
  // Slots may be taken for hours to come, by deliveries that are parked now. A probe waits for none.
  if (message.probe) return undefined
  const slot = await slotFor(deps, work)
  // It is attempted from the retry queue, however near its slot is.
  if (isTooSlow(deps, work)) return { at: slot, slot }
  return awaitSlot(deps, slot)
}

/**
 * What a person asks for does not wait. But a program can ask for any number of attempts at
 * endpoints that do not answer: all of a tenant's together have the share of one slow endpoint. Those
 * beyond it wait for a slot, and then like all others.
 */
async function waitAsManual(deps: StepDeps, work: ReadyWork): Promise<Wait | undefined> {
  const { tenant } = work.endpoint
  const slowMs = slowIntervalOf(deps, work)
  if (slowMs === 0) return undefined
  return awaitSlot(deps, await deps.takeSlot(tenant, `manual#${tenant}`, slowMs))
}

/** Waits for a slot that is near. */
async function awaitSlot({ table }: StepDeps, slot: number): Promise<Wait | undefined> {
  const now = table.now()
  if (slot - now > MAX_WAIT_MS) return { at: slot, slot }
  if (slot > now) await sleep(slot - now)
  return undefined
}

/** Whether POSTs to the endpoint start at an interval now. */
export const needsSlot = (deps: StepDeps, work: ReadyWork): boolean =>
  work.endpoint.rateLimit !== null || slowIntervalOf(deps, work) > 0

function slowIntervalOf({ slowness, table }: StepDeps, { endpoint, receiver }: ReadyWork): number {
  const { id } = endpoint
  const isSlowNow = isSlow(slowness, id, receiver.health, table.now())
  return isSlowNow ? intervalWhileSlow(slowness.meanMs(id)) : 0
}

const PAUSE_SPREAD_MS = 5_000
const spread = ({ random }: StepDeps) => random() * PAUSE_SPREAD_MS

async function slotFor(deps: StepDeps, work: ReadyWork): Promise<number> {
  const { endpoint, delivery, receiver } = work
  const { table, takeSlot } = deps
  const { tenant, id, rateLimit } = endpoint
  const now = table.now()
  const ownMs = ownIntervalOf(rateLimit)
  const slowMs = slowIntervalOf(deps, work)
  const intervalMs = Math.max(ownMs, slowMs)
  // At the interval of a slow endpoint there may be slots for hours to come.
  if (slowMs === 0 && hasSlowSlots(receiver.health, now)) await spreadAfterSlow(deps, endpoint)
  if (intervalMs === 0) return now
  const slot = delivery?.slot
  if (slot !== undefined && isSlotValid(table, slot)) return slot
  const sharedMs = slowMs === 0 ? 0 : slowMs * (await stretchOfTenant(deps, tenant))
  const taken = await takeSlot(tenant, id, Math.max(ownMs, sharedMs))
  const isNews = slowMs > 0 && !mustWait(receiver.health, now) && mustWait({ nextFree: taken }, now)
  if (isNews) noteNextFree(deps, tenant, id, taken)
  return taken
}

async function defer({ table, results }: StepDeps, work: ReadyWork, wait: Wait): Promise<void> {
  const { message, facts } = work
  const now = table.now()
  const { due, isByMessage }: RetryPlan =
    wait === "breaker" ? { due: parked(now, facts), isByMessage: false } : plan(wait.at, now)
  const slot = wait === "breaker" ? undefined : wait.slot
  const isNew = isFirst(work)
  // A slot is another turn. If the delivery has two messages, the second one is void. Otherwise each
  // would find the slot of the other, too early for itself, and take another one, without an end.
  const keepsTurn = slot === undefined
  const change = { status: "pending" as const, keepsTurn, isNew, due, slot }
  const written = await advance(table, facts, message.turn, change)
  const turn = keepsTurn ? message.turn : message.turn + 1
  if (written === "won" && isByMessage) results.retryAt({ ...message, turn }, due.nextAt)
}
