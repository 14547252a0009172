import type { HeaderPair } from "@ringback/events/header"
import type { RecordMessage } from "@ringback/events/message"
import { eventFromEntry } from "@ringback/events/record"
import { translate } from "@ringback/events/translate"
import type { Source } from "@ringback/store/source"
import type { CallDeps } from "../calls/call.ts"
import { noteRecord } from "../calls/call-events.ts"
import { erasureOf, type ErasedDeps } from "./erased.ts"
import type { Received } from "./ingest-outcome.ts"

const MAX_UUID_LENGTH = 200

/**
 * Handles a row of a list that the collector requested from the PBX. It is stored for the calls
 * that refer to it, and no event is made from it.
 */
export async function receiveListedRecord(
  deps: CallDeps & ErasedDeps,
  { tenant, id: source }: Pick<Source, "tenant" | "id">,
  { headers: row, receivedAt }: RecordMessage,
): Promise<Received> {
  // It replaces an update that no collector read.
  const headers = asEvent(row)
  const translated = headers && translate(headers, { receivedAt })
  const uuid = translated?.subject ?? null
  if (!headers || !translated || uuid === null || uuid.length > MAX_UUID_LENGTH)
    return { outcome: "discarded", reason: "not a row of a list" }
  if (await erasureOf(deps, tenant, headers)) return { outcome: "listed" }
  await noteRecord(deps, { tenant, source, uuid }, translated, true)
  return { outcome: "listed" }
}

// The collector's timestamp is kept: a row has the time of the PBX's clock at which it was listed,
// like events.
function asEvent(row: HeaderPair[]): HeaderPair[] | undefined {
  const [name, ...said] = eventFromEntry(row, "updated") ?? []
  const [, second] = row
  const isStamped = second?.[0] === "Timestamp"
  return name && [name, ...(isStamped ? [second] : []), ...said]
}
