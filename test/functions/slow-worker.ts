import type { Slowness } from "@ringback/functions/endpoint/slow-endpoints"
import { makeDeps, type Deps } from "../harness/system.ts"
import type { World } from "../harness/world.ts"

/** A worker at which the endpoint is slow for as long as `isSlow` says so. */
export function workerWhere(
  world: World,
  endpointId: string,
  meanMs: number,
  isSlow: () => boolean,
): Deps {
  const slowness: Slowness = {
    isSlow: (id) => id === endpointId && isSlow(),
    meanMs: (id) => (id === endpointId ? meanMs : undefined),
    shortMs: () => undefined,
    watch: () => () => {},
  }
  return { ...makeDeps(world.stack, { now: world.now, random: () => 0.5 }), slowness }
}
