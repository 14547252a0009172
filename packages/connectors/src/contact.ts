import type { Call } from "./call.ts"
import { textAt } from "./json.ts"
import { isPhone, phoneOf, type Phone } from "./phone.ts"
import type { CommonSettings } from "./settings.ts"
import { keep, stop, type Memory, type Steps } from "./step.ts"

export type Candidate = { id: string; phones: (string | undefined)[] }

export type NewContact = {
  name: string
  email: string | null
  phone: string | null
  /** The field by which contacts are matched, with the row's key. */
  field: Readonly<Record<string, string>>
}

/** How a CRM is searched for contacts. A search without results returns an empty list. */
export type Contacts = {
  isId: (key: string) => boolean
  /** The shortest key that can be searched for in a field. */
  minKeyLength?: number
  byId: (id: string) => Steps<Candidate[]>
  byField: (field: string, value: string) => Steps<Candidate[]>
  byEmail: (email: string) => Steps<Candidate[]>
  /** May also find other contacts: their numbers are compared here. */
  byPhone: (phone: Phone) => Steps<Candidate[]>
  create: (contact: NewContact) => Steps<string>
}

/** A first and a last name. Salesforce and Zoho refuse longer ones. */
export function namesOf(name: string): { first: string; last: string } {
  const words = name.split(" ")
  const last = words.pop()!
  return { first: cut(words.join(" "), 40).trim(), last: cut(last, 80) }
}

// Without the first half of a character that takes two.
const cut = (text: string, length: number) => text.slice(0, length).replace(/[\uD800-\uDBFF]$/, "")

export type Wanted = {
  call: Call
  settings: Pick<CommonSettings, "match" | "country" | "create" | "several">
  memory: Memory
}

/** The id of the call's contact. Ends the steps as skipped if there is none, or more than one. */
export function* contactOf(contacts: Contacts, wanted: Wanted): Steps<string> {
  const { contactId: known, match = matchOf(wanted.settings) } = wanted.memory.call
  if (known !== undefined && match === matchOf(wanted.settings)) return known
  let isSearched = false
  const tried: string[] = []
  for (const way of waysOf(wanted.settings.match)) {
    const search = searchFor(contacts, way, wanted)
    isSearched = "steps" in search
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
  // What could not be looked for may be there.
  if (wanted.settings.create === "never" || !isSearched) skip(tried.join("; "))
  const made = yield* madeFor(contacts, wanted)
  if (made !== undefined) return made
  const id = yield* contacts.create(newContactOf(wanted))
  // Stored at once: neither an attempt that fails later nor another call must create a second one.
  yield* keep({ call: { contactId: id }, person: { contactId: id } })
  return id
}

/**
 * The contact that another call of the same person has made, if it still exists. The search may not
 * find it: a new contact has none of the row's keys, its email may be unknown, and a CRM's index
 * lags.
 */
function* madeFor(contacts: Contacts, wanted: Wanted): Steps<string | undefined> {
  const { body } = yield { person: personOf(wanted) }
  const id = textAt(body, "contactId")
  if (id === undefined) return undefined
  return (yield* contacts.byId(id)).length > 0 ? id : undefined
}

/** What the last search was for: two calls for which it is the same are of one person. */
function personOf({ call, settings }: Wanted): string {
  const way = waysOf(settings.match).at(-1)!
  if (way === "phone") return `phone ${phoneOf(call.number, settings.country)?.e164}`
  return way === "email" ? `email ${call.contact.email?.toLowerCase()}` : `key ${call.contact.key}`
}

/** How contacts are found. A contact that was found in another way may be another one. */
export const matchOf = ({ match, country, several }: Omit<Wanted["settings"], "create">): string =>
  JSON.stringify([match, country, several])

const EXTERNAL = "externalId:"
const fieldOf = (match: string | null) =>
  match?.startsWith(EXTERNAL) ? match.slice(EXTERNAL.length) : undefined

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
    const field = way.slice(EXTERNAL.length)
    if (key.length < (contacts.minKeyLength ?? 1))
      return { missing: `the key (UKey) ${key} is too short to be searched for` }
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
  const { email } = call.contact
  const name = call.contact.name?.trim().replaceAll(/\s+/g, " ") || null
  const phone = phoneOf(call.number, settings.country)?.e164 ?? call.number
  const field = fieldOf(settings.match)
  const { key } = call.contact
  return {
    name: name ?? email ?? phone ?? "Unknown",
    email,
    phone,
    field: field !== undefined && key !== null ? { [field]: key } : {},
  }
}
