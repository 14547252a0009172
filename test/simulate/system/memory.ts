import { ENOUGH_QUICK } from "@ringback/functions/endpoint/quick-runs"
import { SLOW_AFTER_MS } from "@ringback/functions/endpoint/slow-endpoints"
import type { Instance } from "../aws/fleet.ts"
import { assumed } from "../aws/assumptions.ts"
import type { Random } from "../engine/random.ts"
import { answerMs } from "./receivers.ts"
import { GREATEST_SHARE } from "./feed.ts"
import type { Endpoint } from "./tenants.ts"

const AGE_SECONDS = assumed("instanceAgeMs") / 1000

/**
 * How an instance of Deliver that has worked before remembers the latest answers of the greatest
 * tenant's endpoints. Those of other tenants are too few for one of so many instances.
 */
export function memoryOf(
  endpoints: readonly Endpoint[],
  random: Random,
  load: { perSecond: number; instances: number },
): (instance: Instance) => void {
  const posts = Math.floor((GREATEST_SHARE * load.perSecond * AGE_SECONDS) / load.instances)
  return ({ quickRuns }) => {
    for (const endpoint of endpoints)
      for (let post = Math.min(posts, ENOUGH_QUICK); post > 0; post--)
        if (answerMs(endpoint, random) > SLOW_AFTER_MS) quickRuns.noteSlow(endpoint.id)
        else quickRuns.noteQuick(endpoint.id)
  }
}
