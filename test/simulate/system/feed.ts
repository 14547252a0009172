import { assumed } from "../aws/assumptions.ts"
import { makePicker, type Random } from "../engine/random.ts"
import type { Sim } from "./sim.ts"
import type { Tenant } from "./tenants.ts"

// The PBXs of all tenants with their collectors. An event is told at any time; what a collector is told within its linger
// goes in one request.

const EDGE_MS = assumed("edgeMs")
const LINGER_MS = 20
export const GREATEST_SHARE = 1 / 20

/** How many PBXs each tenant has: lognormal, and the first a twentieth of all. */
export function sharesOf(tenants: readonly Tenant[], random: Random): number[] {
  const others = tenants.map(() => random.lognormal(1, 1))
  const total = others.slice(1).reduce((sum, each) => sum + each, 0)
  return others.map((share, index) =>
    index === 0 ? GREATEST_SHARE : ((1 - GREATEST_SHARE) * share) / Math.max(total, Number.EPSILON),
  )
}

export type FeedOptions = {
  pbxs: number
  /** Events a second of all PBXs together, at this time. */
  perSecond: (now: number) => number
  until: number
}

export function startFeed(sim: Sim, { pbxs, perSecond, until }: FeedOptions): void {
  const { agenda, random, tenants, queues, usage, tally } = sim
  const shares = sharesOf(tenants, random)
  const pick = makePicker(shares, random)
  // Of each tenant's PBXs, when one of them has sent last.
  const sentAt = tenants.map((_, index) =>
    new Float64Array(Math.max(1, Math.round(shares[index]! * pbxs))).fill(-Infinity),
  )
  const tell = () => {
    const bornAt = agenda.now
    const index = pick()
    const tenant = tenants[index]!
    const collectors = sentAt[index]!
    const collector = random.below(collectors.length)
    // A collector that has just sent waits for more.
    if (bornAt - collectors[collector]! >= LINGER_MS) {
      usage.sqsRequests++
      collectors[collector] = bornAt
    }
    tally.events++
    queues.Ingest.send([{ message: { tenant, bornAt }, group: tenant.group }], bornAt + EDGE_MS)
  }
  const next = () => {
    if (agenda.now >= until) return
    tell()
    agenda.after(random.wait(1000 / perSecond(agenda.now)), next)
  }
  agenda.after(random.wait(1000 / perSecond(0)), next)
}
