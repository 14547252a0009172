import { notFound, ProblemError } from "./problem.ts"

type Revised = { revision: number }

// An ETag names the revision of what its tenant may change: a heartbeat or a delivery does not make a new one.
export const etagOf = ({ revision }: Revised) => ({ etag: `"${revision}"` })

/**
 * Changes a thing on condition that `If-Match` holds, or throws the problem: 404 where none lives, 412 where it was
 * changed since it was read.
 */
export async function changeMatching<Thing extends Revised>(
  ifMatch: string | undefined,
  what: string,
  read: () => Promise<Thing | undefined>,
  change: (revision: number | undefined) => Promise<Thing | undefined>,
): Promise<Thing> {
  let revision: number | undefined
  if (ifMatch !== undefined && ifMatch.trim() !== "*") {
    const thing = await living(what, read)
    const tags = ifMatch.split(",").map((tag) => tag.trim())
    if (!tags.includes(etagOf(thing).etag)) throw stale()
    revision = thing.revision
  }
  const changed = await change(revision)
  if (changed) return changed
  await living(what, read)
  throw stale()
}

/** The thing, or 404 for what never was or is deleted. */
export async function living<Thing>(
  what: string,
  read: () => Promise<Thing | undefined>,
): Promise<Thing> {
  const thing = await read()
  if (!thing) throw notFound(what)
  return thing
}

const stale = () =>
  new ProblemError("precondition.failed", "Read it again: its ETag is another one now.")
