import { DUE_SHARDS } from "@ringback/store/item-keys"
import { assumed } from "../aws/assumptions.ts"
import { drain, resultOf, shareOf, type Result } from "../result.ts"
import { newDelivery } from "../system/delivery.ts"
import { startFeed } from "../system/feed.ts"
import { startRelease } from "../system/release.ts"
import type { Sim } from "../system/sim.ts"
import { makeSimulation, type Settings } from "../system/simulation.ts"
import type { Endpoint } from "../system/tenants.ts"

export type DueOptions = {
  seed: number
  pbxs: number
  perSecond: number
  /** Deliveries of one vendor's endpoints that are due at once. */
  due: number
  vendorShare: number
  vendorPerSecond: number
  /** Retries of all others that fall due in the same minutes. */
  others: number
  settings?: Settings
  settingsText: string
  deaths?: number
}

const MINUTE = 60_000
const WATCHED_MS = 20 * MINUTE

/** A million retries of one vendor that are due in the same minute, and what becomes of everybody else's. */
export function runDue(options: DueOptions): Result {
  const { seed, pbxs, perSecond, vendorShare, settings = {}, settingsText, deaths } = options
  const tenants = Math.max(4, Math.round(pbxs / assumed("pbxsOfTenant")))
  const sim = makeSimulation({
    seed,
    tenants,
    settings,
    vendorShare,
    isBusy: true,
    ...(deaths !== undefined && { deaths }),
  })
  const { agenda, receivers, tally, endpoints, random } = sim
  receivers.vendorPerSecond = options.vendorPerSecond
  const atVendor = endpoints.filter(({ isAtVendor }) => isAtVendor)
  const elsewhere = endpoints.filter(({ isAtVendor, medianMs }) => !isAtVendor && medianMs < 1000)
  for (let index = 0; index < options.due; index++)
    planRetry(sim, atVendor[index % atVendor.length]!, MINUTE)
  for (let index = 0; index < options.others; index++) {
    const at = MINUTE + random.next() * 10 * MINUTE
    planRetry(sim, elsewhere[random.below(elsewhere.length)]!, at)
  }
  startFeed(sim, { pbxs, perSecond: () => perSecond, until: WATCHED_MS })
  startRelease(sim, WATCHED_MS + 24 * 60 * MINUTE)
  const mostAt = until(0.99)
  const doneAt = until(1)
  agenda.run(WATCHED_MS)
  const drainedAt = drain(sim, WATCHED_MS + 24 * 60 * MINUTE)
  const load = `${options.due.toLocaleString("en")} retries due at once of ${atVendor.length} endpoints at one vendor that takes ${options.vendorPerSecond.toLocaleString("en")} a second; beside them ${options.others.toLocaleString("en")} retries of others within ten minutes, and ${perSecond} events a second`
  return resultOf(
    sim,
    { load, settings: settingsText, endedAt: WATCHED_MS, drainedAt },
    {
      "minutes until 99 % of the vendor's had arrived": tenth((mostAt - MINUTE) / MINUTE),
      "minutes until all of them had, 19 at most": tenth((doneAt - MINUTE) / MINUTE),
      "answers of the vendor that it was too much": receivers.refused,
      "others' retries late, p99, s": tenth(shareOf(tally.retryLateMs).p99 / 1000),
      "others' retries at most late, s": tenth(tally.retryLateMs.most / 1000),
    },
  )

  /** When this share of the vendor's has arrived. */
  function until(share: number): number {
    const isLeft = () => tally.vendorDelivered < share * options.due
    while (isLeft() && agenda.now < WATCHED_MS) agenda.run(agenda.now + 1000)
    return agenda.now
  }
}

/** As it is after two failed attempts. */
function planRetry(sim: Sim, endpoint: Endpoint, at: number): void {
  const delivery = newDelivery(endpoint, at, sim.random.below(DUE_SHARDS))
  const attempt = { id: "", at: 0, statusCode: 503, durationMs: 0, error: "", responseBody: null }
  Object.assign(delivery, { turn: 2, tries: 2, hasItem: true, attempts: [attempt, attempt] })
  delivery.plannedAt = at
  sim.due.put(delivery, at)
  sim.tally.wanted++
}

const tenth = (value: number) => Math.round(value * 10) / 10
