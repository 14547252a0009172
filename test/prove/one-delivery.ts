import { idOf, type DeliveryStatus } from "@ringback/store/delivery"
import { supersederOf } from "./order.ts"
import { pairOf, type ReceiptGroups } from "./receipts.ts"
import type { KeptDelivery } from "./records.ts"
import type { Made, World } from "./world.ts"

// The contract's schedule, said once more: this is what is on trial.
const DELAYS_SECONDS = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]
const MAX_ATTEMPTS = DELAYS_SECONDS.length + 1
const LEAST_SHARE = 0.8
const TRUSTED_MS = 60_000
const POST_MS = 15_000

const SETTLED: DeliveryStatus[] = ["delivered", "failed", "held", "discarded"]

/** Whether what is on record of a delivery agrees with itself and with what its receiver saw. */
export function checkDelivery(
  world: World,
  delivery: KeptDelivery,
  { endpoint, deletedAt, planned: { order } }: Made,
  receipts: ReceiptGroups,
  problems: string[],
): void {
  const id = idOf(delivery)
  const { status, attempts, attemptCount, dueAt, dueShard, openKey, reason } = delivery
  const got = receipts.get(pairOf(endpoint.id, delivery.eventId)) ?? []
  const say = (what: string) => problems.push(`${id} is ${status}, but ${what}`)
  if (status === "delivered" && !got.some(({ isAnswered }) => isAnswered))
    say("its receiver never said yes")
  if (status === "delivered" && attempts.every(({ error }) => error !== null))
    say("no attempt of it succeeded")
  if (status === "failed" && attempts.length < MAX_ATTEMPTS && reason === undefined)
    say(`after ${attempts.length} attempts`)
  if (status === "held" && reason === undefined) say("for no reason")
  const isSuperseded = order === "latest" && supersederOf(delivery) !== undefined
  if (status === "discarded" && !isSuperseded && (reason === undefined || deletedAt === undefined))
    say("its endpoint was never deleted")
  if (attemptCount !== attempts.length) say(`counts ${attemptCount} of ${attempts.length} attempts`)
  if (SETTLED.includes(status) && (dueAt !== undefined || dueShard !== undefined))
    say("it falls due once more")
  if (status === "pending" && (dueAt === undefined || dueShard === undefined))
    say("it will never fall due")
  if ((status === "delivered") !== (openKey === undefined)) say(`its openKey is ${openKey}`)
  if (mayRestart(world, id)) return
  checkSchedule(delivery, say)
  // A message that is older than a minute is looked up before it is sent, whatever it is a copy of.
  const arrivedAt = attempts.find(({ error }) => error === null)?.at ?? Infinity
  const isReplayed = world.again.replays[delivery.eventId] !== undefined
  if (!isReplayed && got.some(({ at }) => at > arrivedAt + TRUSTED_MS + POST_MS))
    say("it was sent again long after that was known")
}

/** Somebody's wish begins a schedule anew, or goes before it. */
const mayRestart = ({ plan, again }: World, id: string) =>
  again.retries[id] !== undefined || plan.actions.some(({ kind }) => kind === "recover")

/** One chain of retries, whatever was duplicated: never one too many, and none before its time. */
function checkSchedule({ attempts }: KeptDelivery, say: (what: string) => void): void {
  const failures = attempts.filter(({ error }) => error !== null)
  // Of two copies of a message at the same time one may fail while the other arrives.
  const arrived = attempts.find(({ error }) => error === null)
  const isCopied = arrived && failures.some(({ at }) => Math.abs(at - arrived.at) <= POST_MS)
  if (attempts.length > MAX_ATTEMPTS + (isCopied ? 1 : 0))
    say(`there were ${attempts.length} attempts`)
  failures.forEach(({ at }, index) => {
    const next = failures[index + 1]
    const least = (DELAYS_SECONDS[index] ?? 0) * 1000 * LEAST_SHARE
    if (next && next.at - at < least)
      say(`attempt ${index + 2} came ${next.at - at} ms after the one before`)
  })
}
