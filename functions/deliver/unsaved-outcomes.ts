/**
 * Limits how many webhooks an endpoint has been sent whose outcomes have not left this process. If
 * it is killed, these are sent again. On AWS a batch is the limit. On one machine all batches end
 * with one process, and outcomes wait for each other in order to share one flush of the disk.
 */
export type Unwritten = {
  /**
   * Resolves when a POST to the endpoint can start. Call the returned function when its outcome has
   * left this process. `shortMs`: how long a quick POST to the endpoint takes, if that is known.
   */
  begin: (endpointId: string, shortMs: number | undefined) => Promise<() => void>
}

const MAX_UNWRITTEN = 6
// An endpoint that takes longer to answer has more POSTs under way, for 600 deliveries a second.
const UNWRITTEN_PER_MS = 0.6
// Outcomes leave much faster than this. If they do not, the endpoint has stopped answering, or the
// table.
const MAX_WAIT_MS = 250

type Lane = { unwritten: number; max: number; waiting: Set<() => void> }

export function limitUnwritten(maxWaitMs = MAX_WAIT_MS): Unwritten {
  const lanes = new Map<string, Lane>()

  function end(endpointId: string, lane: Lane) {
    const [next] = lane.waiting
    // The place is passed on, so that nothing that comes in between takes it as well.
    if (next && lane.unwritten <= lane.max) return next()
    lane.unwritten--
    // A lane in which something still waits, or which another one has replaced, stays.
    const isCurrent = lanes.get(endpointId) === lane
    if (lane.unwritten === 0 && lane.waiting.size === 0 && isCurrent) lanes.delete(endpointId)
  }

  return {
    async begin(endpointId, shortMs = Infinity) {
      const lane = lanes.get(endpointId) ?? { unwritten: 0, max: 0, waiting: new Set() }
      lanes.set(endpointId, lane)
      lane.max = Math.max(MAX_UNWRITTEN, Math.floor(shortMs * UNWRITTEN_PER_MS))
      if (lane.unwritten < lane.max || !(await takePlace(lane, maxWaitMs))) lane.unwritten++
      let isOver = false
      return () => {
        if (!isOver) end(endpointId, lane)
        isOver = true
      }
    },
  }
}

/** Waits for a place that another POST leaves. False if none does in this time. */
function takePlace({ waiting }: Lane, maxWaitMs: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const settle = (isTaken: boolean) => {
    clearTimeout(timer)
    waiting.delete(take)
    resolve(isTaken)
  }
  const take = () => settle(true)
  // An invocation that died must not keep the process alive.
  const timer = setTimeout(() => settle(false), maxWaitMs).unref()
  waiting.add(take)
  return promise
}
