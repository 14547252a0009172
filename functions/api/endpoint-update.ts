import * as Endpoint from "@ringback/store/endpoint"
import type { Table } from "@ringback/store/table"
import { ProblemError } from "./problem.ts"

// Whoever matches or delivers an event reads it.
const MAX_BYTES = 16 * 1024
const ATTEMPTS = 10

const OWN_TEXT = [
  "url",
  "eventTypes",
  "sources",
  "filter",
  "description",
  "headers",
  "metadata",
] as const

const bytesOf = (settings: Endpoint.Changes): number =>
  OWN_TEXT.reduce((sum, name) => sum + Buffer.byteLength(JSON.stringify(settings[name] ?? "")), 0)

/** A problem where an endpoint's own text is too large. One that was larger before may stay so, but not grow. */
export function checkSize(settings: Endpoint.Changes, before?: Endpoint.Settings): void {
  const bytes = bytesOf({ ...before, ...settings })
  if (bytes <= MAX_BYTES || (before && bytes <= bytesOf(before))) return
  const message = `url, eventTypes, sources, filter, description, headers and metadata may have ${MAX_BYTES / 1024} KB together, and have ${bytes} bytes`
  throw new ProblemError("request.invalid", message, { errors: [{ path: "", message }] })
}

/**
 * Changes an endpoint on condition that it still is what its size was checked against: two changes at once must not
 * pass the limit together. Undefined where it is gone, or its revision is not the one asked for.
 */
export async function updateChecked(
  table: Table,
  read: () => Promise<Endpoint.Endpoint | undefined>,
  changes: Endpoint.Changes,
  revision: number | undefined,
): Promise<Endpoint.Endpoint | undefined> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const current = await read()
    if (!current) return undefined
    checkSize(changes, current)
    const { tenant, id } = current
    const expected = revision ?? current.revision
    const updated = await Endpoint.update(table, tenant, id, changes, expected)
    if (updated || revision !== undefined) return updated
  }
  throw new ProblemError("conflict.changed", "Ask again.")
}
