import { eventNameIn, type HeaderPair, valueOf } from "./header.ts"
import { parseEventName } from "./kind.ts"
import { subjectOf } from "./subject.ts"

/** Who an event is about: what it takes to find all that tells of one person, call or record. */
export type Named = {
  /** The Uuid of what the event speaks of. */
  subject: string | null
  /** The dial list's row that a call was made for, or the call that a row is dialled by. */
  linked: string | null
  /** A dial list row's own key: the customer's number in the tenant's CRM. */
  contactKey: string | null
}

/** What the headers of an AMI event name. A campaign is no person: calls are not named by theirs. */
export function namedIn(headers: readonly HeaderPair[]): Named {
  const subject = subjectOf(headers)
  const kind = parseEventName(eventNameIn(headers) ?? "")?.kind
  if (kind === "dialing")
    return { subject, linked: valueOf(headers, "DlListUuid"), contactKey: null }
  if (kind !== "dllist") return { subject, linked: null, contactKey: null }
  return {
    subject,
    linked: valueOf(headers, "DialingUuid"),
    contactKey: valueOf(headers, "UKey"),
  }
}

/** What a `call.*` event's data names. */
export function namedInCall(data: Record<string, unknown>): Named {
  const contact = (data["contact"] ?? {}) as Record<string, unknown>
  const text = (value: unknown) => (typeof value === "string" ? value : null)
  return {
    subject: text(data["uuid"]),
    linked: text(contact["uuid"]),
    contactKey: text(contact["key"]),
  }
}
