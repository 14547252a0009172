import type { Deps } from "./deps.ts"
import { enqueue } from "./enqueue.ts"
import { notFound } from "./problem.ts"

type Erase = Extract<Parameters<typeof enqueue>[1], { kind: "erase" }>

/** Deletes a thing and has what waits for it discarded, or throws 404 where it is not there (any more). */
export async function removeAndErase(
  deps: Deps,
  what: string,
  { remove, isDeleted }: { remove: () => Promise<boolean>; isDeleted: () => Promise<boolean> },
  job: Erase,
): Promise<void> {
  const isRemoved = await remove()
  // Asked for again where it is deleted: the first request may have died before it had the rest erased.
  if (isRemoved || (await isDeleted())) await enqueue(deps, job)
  if (!isRemoved) throw notFound(what)
}
