import { assumed } from "../aws/assumptions.ts"
import { drain, resultOf, type Result } from "../result.ts"
import { startFeed } from "../system/feed.ts"
import { startRelease } from "../system/release.ts"
import { makeSimulation, type Settings } from "../system/simulation.ts"
import { allDollars } from "../aws/usage.ts"

export type Steady = {
  seed: number
  pbxs: number
  /** Events a second of all PBXs together. */
  perSecond: number
  seconds: number
  settings?: Settings
  settingsText: string
  /** False: nothing ran before, and Lambda begins with a few pollers and cold instances. */
  isBusy?: boolean
  deaths?: number
}

const HOUR = 3_600_000
// A few retries of five minutes, and what comes back after its visibility timeout.
const DRAIN_MS = HOUR

/** A load that stays the same for a while. */
export function runSteady(options: Steady): Result {
  const { seed, pbxs, perSecond, seconds, settings = {}, settingsText, isBusy = true } = options
  const tenants = Math.max(2, Math.round(pbxs / assumed("pbxsOfTenant")))
  const { deaths } = options
  const sim = makeSimulation({
    seed,
    tenants,
    settings,
    isBusy,
    ...(isBusy && { perSecondBefore: perSecond }),
    ...(deaths !== undefined && { deaths }),
  })
  const endedAt = seconds * 1000
  startFeed(sim, { pbxs, perSecond: () => perSecond, until: endedAt })
  startRelease(sim, endedAt + DRAIN_MS)
  sim.agenda.run(endedAt)
  const running = sim.sources.Delivery.runningMean(endedAt)
  const drainedAt = drain(sim, endedAt + DRAIN_MS)
  const webhooksASecond = Math.round(sim.tally.wanted / seconds)
  const load = `${pbxs.toLocaleString("en")} PBXs of ${tenants.toLocaleString("en")} tenants, ${perSecond.toLocaleString("en")} events and ${webhooksASecond.toLocaleString("en")} webhooks a second`
  return resultOf(
    sim,
    { load, settings: settingsText, endedAt, drainedAt },
    {
      "batches of Delivery at once, in the mean": Math.round(running),
      "announced changes": sim.changes.count,
      "times that announced changes could not be read": sim.changes.unanswered,
      "$ an hour": Math.round((allDollars(sim.usage) / seconds) * 3600 * 100) / 100,
    },
  )
}
