import { setTimeout as sleep } from "node:timers/promises"
import * as v from "valibot"
import type { Session } from "../session.ts"

// Workers cache a tenant's endpoints for 10 s, so events in that time may miss a new one.
const AT_MS = [1500, 4000, 7000, 11_000]

/** Recovers what a new endpoint missed before all workers knew it, until then or until `done`. */
export async function catchUp(
  { api, terminal }: Session,
  endpointPath: string,
  since: string,
  done: AbortSignal,
): Promise<void> {
  const startedAt = performance.now()
  try {
    for (const at of AT_MS) {
      await sleep(at - (performance.now() - startedAt), undefined, { signal: done })
      await api.post(v.unknown(), `${endpointPath}/recover`, { since })
    }
  } catch (error) {
    if (done.aborted) return
    const reason = (error as Error).message
    terminal.note(`Events of the first 10 s may not be shown: ${reason}`)
  }
}
