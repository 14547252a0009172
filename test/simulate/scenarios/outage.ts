import { assumed } from "../aws/assumptions.ts"
import { drain, resultOf, shareOf, type Result } from "../result.ts"
import { startFeed } from "../system/feed.ts"
import { startRelease } from "../system/release.ts"
import { makeSimulation, type Settings } from "../system/simulation.ts"

export type OutageOptions = {
  seed: number
  pbxs: number
  perSecond: number
  awaySeconds: number
  vendorShare: number
  /** What the vendor takes in a second once it is back. */
  vendorPerSecond: number
  settings?: Settings
  settingsText: string
  deaths?: number
}

const MINUTE = 60_000
const QUIET_BEFORE_MS = 5 * MINUTE
const WATCHED_AFTER_MS = 60 * MINUTE

/** A vendor with a share of all endpoints does not answer for hours, and then it does. */
export function runOutage(options: OutageOptions): Result {
  const { seed, pbxs, perSecond, awaySeconds, vendorShare, vendorPerSecond } = options
  const { settings = {}, settingsText, deaths } = options
  const tenants = Math.max(4, Math.round(pbxs / assumed("pbxsOfTenant")))
  const sim = makeSimulation({
    seed,
    tenants,
    settings,
    vendorShare,
    isBusy: true,
    ...(deaths !== undefined && { deaths }),
  })
  const { agenda, receivers, tally, endpoints } = sim
  const backAt = QUIET_BEFORE_MS + awaySeconds * 1000
  const endedAt = backAt + WATCHED_AFTER_MS
  receivers.outage = { from: QUIET_BEFORE_MS, until: backAt, hangs: true }
  receivers.vendorPerSecond = vendorPerSecond
  startFeed(sim, { pbxs, perSecond: () => perSecond, until: endedAt })
  startRelease(sim, endedAt + 24 * 60 * MINUTE)
  agenda.run(backAt)
  const waiting = parkedCount()
  const whileAway = {
    late: shareOf(tally.retryLateMs),
    posts: receivers.posts,
    parked: tally.parked,
  }
  const mostAt = until(() => parkedCount() < waiting / 10)
  const doneAt = until(() => parkedCount() === 0 && sim.queues.Retry.backlog <= RESIDUE)
  agenda.run(endedAt)
  const drainedAt = drain(sim, endedAt + 24 * 60 * MINUTE)
  const load = `${pbxs.toLocaleString("en")} PBXs of ${tenants} tenants, ${Math.round(tally.wanted / (endedAt / 1000))} webhooks a second; ${Math.round(vendorShare * 100)} % of the endpoints at a vendor that hangs for ${awaySeconds / 3600} h and then takes ${vendorPerSecond.toLocaleString("en")} a second`
  return resultOf(
    sim,
    { load, settings: settingsText, endedAt, drainedAt },
    {
      "deliveries parked when the vendor came back": waiting,
      "minutes until nine tenths of them were sent": tenth((mostAt - backAt) / MINUTE),
      "minutes until all had arrived, 60 at most": tenth((doneAt - backAt) / MINUTE),
      "answers of the vendor that it was too much": receivers.refused,
      "others' retries at most late while it was away, s": tenth(whileAway.late.most / 1000),
      "others' retries at most late in all, s": tenth(tally.retryLateMs.most / 1000),
      "announced changes": sim.changes.count,
    },
  )

  function parkedCount(): number {
    return endpoints.reduce((sum, each) => sum + each.parked.length - each.parkedFrom, 0)
  }
  function until(isSo: () => boolean): number {
    while (!isSo() && agenda.now < endedAt) agenda.run(agenda.now + 1000)
    return agenda.now
  }
}

// Ordinary retries are always under way.
const RESIDUE = 300
const tenth = (value: number) => Math.round(value * 10) / 10
