import { notFound, ProblemError } from "./problem.ts"

type Revised = { revision: number }

// An ETag names the revision of what the tenant can change. A heartbeat or a delivery does not
// create a new revision.
export const etagOf = ({ revision }: Revised) => ({ etag: `"${revision}"` })

/**
 * Changes a resource if `If-Match` holds, or throws a problem: 404 if the resource does not exist,
 * 412 if it was changed since it was read.
 */
export async function changeMatching<Thing extends Revised>(
  ifMatch: string | undefined,
  what: string,
  read: () => Promise<Thing | undefined>,
  change: (revision: number | undefined) => Promise<Thing | undefined>,
): Promise<Thing> {
  let revision: number | undefined
  if (ifMatch !== undefined && ifMatch.trim() !== "*") {
    const thing = await getExisting(what, read)
    checkMatch(ifMatch, thing)
    revision = thing.revision
  }
  const changed = await change(revision)
  if (changed) return changed
  await getExisting(what, read)
  throw stale()
}

/** Throws a problem if `If-Match` does not hold. */
export function checkMatch(ifMatch: string | undefined, thing: Revised): void {
  if (ifMatch === undefined || ifMatch.trim() === "*") return
  const tags = ifMatch.split(",").map((tag) => tag.trim())
  if (!tags.includes(etagOf(thing).etag)) throw stale()
}

/** The resource, or 404 if it never existed or is deleted. */
export async function getExisting<Thing>(
  what: string,
  read: () => Promise<Thing | undefined>,
): Promise<Thing> {
  const thing = await read()
  if (!thing) throw notFound(what)
  return thing
}

const stale = () => new ProblemError("precondition.failed", "Read it again: its ETag has changed.")
