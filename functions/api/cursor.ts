import { createHash } from "node:crypto"
import type { Sealer } from "@ringback/store/seal"
import { ProblemError } from "./problem.ts"

/**
 * Encrypts positions in a query as cursors for clients, and decrypts them. A cursor of another
 * query is not accepted.
 */
export type Cursors = {
  write: (position: string | undefined) => string | null
  read: (cursor: string | undefined) => string | undefined
}

/** `query`: everything that defines the list (route, tenant, filters) except the page size. */
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
        const detail = "Continue with the nextCursor of the same query, with unchanged filters."
        throw new ProblemError("cursor.invalid", detail)
      }
    },
  }
}
