import type { Call } from "./call.ts"
import { isPhone, phoneOf, type Phone } from "./phone.ts"
import type { CommonSettings } from "./settings.ts"
import { keep, stop, type Memory, type Steps } from "./step.ts"

export type Candidate = { id: string; phones: (string | undefined)[] }

export type NewContact = { name: string; email: string | null; phone: string | null }

/** How a CRM is searched for contacts. A search without results returns an empty list. */
export type Contacts = {
  isId: (key: string) => boolean
  byId: (id: string) => Steps<Candidate[]>
  byField: (field: string, value: string) => Steps<Candidate[]>
  byEmail: (email: string) => Steps<Candidate[]>
  /** May also find other contacts: their numbers are compared here. */
  byPhone: (phone: Phone) => Steps<Candidate[]>
  create: (contact: NewContact) => Steps<string>
}

export type Wanted = {
  call: Call
  settings: Pick<CommonSettings, "match" | "country" | "create" | "several">
  memory: Memory
}

/** The id of the call's contact. Ends the steps as skipped if there is none, or more than one. */
export function* contactOf(contacts: Contacts, wanted: Wanted): Steps<string> {
  const known = wanted.memory.call["contactId"]
  if (known !== undefined) return known
  const tried: string[] = []
  for (const way of waysOf(wanted.settings.match)) {
    const search = searchFor(contacts, way, wanted)
    if ("missing" in search) {
      tried.push(search.missing)
      continue
    }
    const found = unique(yield* search.steps)
    const [first] = found
    if (first && (found.length === 1 || wanted.settings.several === "first")) return first
    if (found.length > 1) skip(`${found.length} contacts have ${search.what}: ${listOf(found)}`)
    tried.push(`no contact has ${search.what}`)
  }
  if (wanted.settings.create === "never") skip(tried.join("; "))
  const id = yield* contacts.create(newContactOf(wanted))
  // Stored at once: an attempt that fails later must not create a second one.
  yield* keep({ call: { contactId: id } })
  return id
}

const waysOf = (match: string | null) => (match === null ? ["key", "phone"] : [match])

type Search = { what: string; steps: Steps<Candidate[]> } | { missing: string }

function searchFor(contacts: Contacts, way: string, { call, settings }: Wanted): Search {
  const { key, email } = call.contact
  if (way === "phone") return phoneSearch(contacts, call, settings.country)
  if (way === "email") {
    return email === null
      ? { missing: "the call's contact has no email" }
      : { what: `the email ${email}`, steps: contacts.byEmail(email) }
  }
  if (key === null) return { missing: "the call's contact has no key (UKey)" }
  if (way !== "key") {
    const field = way.slice("externalId:".length)
    return { what: `${field} ${key}`, steps: contacts.byField(field, key) }
  }
  return contacts.isId(key)
    ? { what: `the id ${key}`, steps: contacts.byId(key) }
    : { missing: `the key (UKey) ${key} is no id of this CRM` }
}

function phoneSearch(contacts: Contacts, { number }: Call, country: string | null): Search {
  const phone = phoneOf(number, country)
  if (!phone) {
    const hint = country === null ? "; set country for numbers without a country's code" : ""
    return { missing: `the number ${number ?? "of the call"} cannot be searched for${hint}` }
  }
  function* compared(found: Phone): Steps<Candidate[]> {
    const candidates = yield* contacts.byPhone(found)
    return candidates.filter(({ phones }) => phones.some((each) => isPhone(found, each, country)))
  }
  return { what: `the number ${phone.e164}`, steps: compared(phone) }
}

const unique = (candidates: Candidate[]) => [...new Set(candidates.map(({ id }) => id))]

const MAX_LISTED = 5
const listOf = (ids: string[]) =>
  ids.slice(0, MAX_LISTED).join(", ") + (ids.length > MAX_LISTED ? ", ..." : "")

// They are stored with each attempt, and contain the number as it was dialled, which may be anything.
const MAX_WORDS = 1_000
const skip = (words: string) =>
  stop({ end: "skipped", words: `skipped: ${words.slice(0, MAX_WORDS)}` })

function newContactOf({ call, settings }: Wanted): NewContact {
  const { name, email } = call.contact
  const phone = phoneOf(call.number, settings.country)?.e164 ?? call.number
  return { name: name ?? email ?? phone ?? "Unknown", email, phone }
}
