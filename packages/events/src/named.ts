import { eventNameIn, type HeaderPair, valueOf } from "./header.ts"
import { parseEventName } from "./ami-event-kinds.ts"
import { subjectOf } from "./subject.ts"

/** What an event refers to, so that everything about one person, call or record can be found. */
export type Named = {
  /** The Uuid of the event's record. */
  subject: string | null
  /** The dial list row of a call, or the call of a dial list row. */
  linked: string | null
  /** A dial list row's UKey: the customer's id in the tenant's CRM. */
  contactKey: string | null
}

/**
 * The identifiers in an AMI event. A campaign is not a person, so a call is not listed under its
 * campaign.
 */
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

/** The identifiers in the data of a `call.*` event. */
export function namedInCall(data: Record<string, unknown>): Named {
  const contact = (data["contact"] ?? {}) as Record<string, unknown>
  const text = (value: unknown) => (typeof value === "string" ? value : null)
  return {
    subject: text(data["uuid"]),
    linked: text(contact["uuid"]),
    contactKey: text(contact["key"]),
  }
}
