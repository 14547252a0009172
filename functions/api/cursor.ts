import { createHash } from "node:crypto"
import type { Sealer } from "@ringback/store/seal"
import { ProblemError } from "./problem.ts"

/** Gives positions of one query to clients and takes them back; a position of another query does not open. */
export type Cursors = {
  write: (position: string | undefined) => string | null
  read: (cursor: string | undefined) => string | undefined
}

/** `query`: whatever makes it another list (route, tenant, filters), but not the page's size. */
export function cursorsFor(sealer: Sealer, query: unknown[]): Cursors {
  const hash = createHash("sha256").update(JSON.stringify(query)).digest("base64url")
  const context = `cursor#${hash}`
  return {
    write: (position) => (position === undefined ? null : sealer.seal(position, context)),
    read(cursor) {
      if (cursor === undefined) return undefined
      try {
        return sealer.open(cursor, context)
      } catch {
        const detail = "Go on with the nextCursor of the same query, its filters unchanged."
        throw new ProblemError("cursor.invalid", detail)
      }
    },
  }
}
