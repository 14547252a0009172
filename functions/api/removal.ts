import type { Deps } from "./deps.ts"
import type { JobOf } from "../messages/job.ts"
import { startJob } from "./enqueue.ts"
import { notFound } from "./problem.ts"

type Erase = Omit<JobOf<"erase">, "v">

/**
 * Deletes a resource and discards its pending deliveries. Throws 404 if it does not exist or is
 * already deleted.
 */
export async function removeAndErase(
  deps: Deps,
  what: string,
  { remove, isDeleted }: { remove: () => Promise<boolean>; isDeleted: () => Promise<boolean> },
  job: Erase,
): Promise<void> {
  const isRemoved = await remove()
  // A repeated request for a deleted resource starts the erasure again, because the first request
  // may have died before it did.
  if (isRemoved || (await isDeleted())) await startJob(deps, job)
  if (!isRemoved) throw notFound(what)
}
