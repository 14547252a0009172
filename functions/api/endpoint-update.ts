import * as Endpoint from "@ringback/store/endpoint"
import type { Table } from "@ringback/store/table"
import { ProblemError } from "./problem.ts"

// An endpoint is read whenever an event is matched or delivered.
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
  "transform",
  "connector",
] as const
type OwnText = { [Name in (typeof OWN_TEXT)[number]]?: unknown }

const bytesOf = (settings: OwnText): number =>
  OWN_TEXT.reduce((sum, name) => sum + Buffer.byteLength(JSON.stringify(settings[name] ?? "")), 0)

/**
 * Throws a problem if the endpoint's own texts are too large. Texts that were larger before can
 * stay, but cannot grow.
 */
export function checkSize(settings: OwnText, before?: OwnText): void {
  const bytes = bytesOf({ ...before, ...settings })
  if (bytes <= MAX_BYTES || (before && bytes <= bytesOf(before))) return
  const message = `url, eventTypes, sources, filter, description, headers, metadata, transform and connector can have up to ${MAX_BYTES / 1024} KB together, and have ${bytes} bytes`
  throw new ProblemError("request.invalid", message, { errors: [{ path: "", message }] })
}

/**
 * Changes an endpoint on condition that it is still the version that was checked: two concurrent
 * changes must not exceed the limit together, nor send one's credentials to the other's host.
 * `check` throws if the version cannot be changed so. Undefined if it is deleted, or its revision is
 * not the requested one.
 */
export async function updateChecked(
  table: Table,
  read: () => Promise<Endpoint.Endpoint | undefined>,
  changes: Endpoint.Changes,
  revision: number | undefined,
  check: (current: Endpoint.Endpoint) => void,
): Promise<Endpoint.Endpoint | undefined> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const current = await read()
    if (!current || (revision !== undefined && revision !== current.revision)) return undefined
    check(current)
    checkSize(changes, current)
    const { tenant, id } = current
    const expected = revision ?? current.revision
    const updated = await Endpoint.update(table, tenant, id, changes, expected)
    if (updated || revision !== undefined) return updated
  }
  throw new ProblemError("conflict.changed", "Send the request again.")
}
