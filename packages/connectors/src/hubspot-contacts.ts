import type { Candidate, Contacts, NewContact } from "./contact.ts"
import { judge } from "./hubspot-problem.ts"
import { idAt, listAt, textAt } from "./json.ts"
import { isSegment, segment } from "./url-segment.ts"
import { asking, isSuccess, stop, type Answer, type Steps } from "./step.ts"

/** Each dated version of HubSpot's API is supported for 18 months. */
export const VERSION = "2026-03"
export const CONTACTS = `/crm/objects/${VERSION}/contacts`

const CONFLICT = 409
const NOT_FOUND = 404

const ask = asking(judge)

const PHONES = ["phone", "mobilephone"]
const SEARCHED = ["hs_searchable_calculated_phone_number", "hs_searchable_calculated_mobile_number"]
const READ = `properties=${PHONES.join("%2C")}`

const candidateOf = (contact: unknown): Candidate[] => {
  const id = idAt(contact, "id")
  const phones = PHONES.map((name) => textAt(contact, "properties", name))
  return id === undefined ? [] : [{ id, phones }]
}

const FOUND = { id: "CONTACT", properties: {} }

function* readOne(purpose: string, path: string): Steps<Candidate[]> {
  const answer = yield* ask({ purpose, method: "GET", path, sample: FOUND }, [NOT_FOUND])
  return isSuccess(answer) ? candidateOf(answer.body) : []
}

function* readBy(field: string, value: string): Steps<Candidate[]> {
  if (!isSegment(value)) return []
  const path = `${CONTACTS}/${segment(value)}?idProperty=${field}&${READ}`
  return yield* readOne(`find the contact by ${field}`, path)
}

/** Searches HubSpot's contacts. */
export const contacts: Contacts = {
  isId: (key) => /^\d{1,20}$/.test(key),
  byId: (id) => readOne("read the contact", `${CONTACTS}/${segment(id)}?${READ}`),
  byField: readBy,
  byEmail: (email) => readBy("email", email),
  *byPhone({ national, e164 }) {
    const filter = (propertyName: string, value: string) => ({
      filters: [{ propertyName, operator: "EQ", value }],
    })
    const answer = yield* ask({
      purpose: "find the contact by phone",
      method: "POST",
      path: `${CONTACTS}/search`,
      body: {
        // The index omits the country code, so the results are compared again.
        filterGroups: [
          ...SEARCHED.map((name) => filter(name, national)),
          ...PHONES.map((name) => filter(name, e164)),
        ],
        properties: PHONES,
        limit: 10,
        after: "0",
        sorts: [],
      },
      sample: { total: 1, results: [{ ...FOUND, properties: { phone: e164 } }] },
    })
    return listAt(answer.body, "results").flatMap(candidateOf)
  },
  *create(contact) {
    const answer = yield* make(contact)
    const id = idAt(answer.body, "id")
    if (id !== undefined) return id
    const existing = /Existing ID: (\d{1,30})(?!\d)/.exec(textAt(answer.body, "message") ?? "")?.[1]
    // Another contact has the email: that contact is used, unless it is told from this one by a key.
    const isOther = existing !== undefined && Object.keys(contact.field).length > 0
    if (!isOther) return existing ?? stop(judge(answer, { purpose: MAKE }))
    const again = yield* make({ ...contact, email: null })
    return idAt(again.body, "id") ?? stop(judge(again, { purpose: MAKE }))
  },
}

const MAKE = "make the contact"

function make({ name, email, phone, field }: NewContact): Steps<Answer> {
  const [firstname = "", ...rest] = name.split(" ")
  return ask(
    {
      purpose: MAKE,
      method: "POST",
      path: CONTACTS,
      body: {
        properties: {
          firstname,
          lastname: rest.join(" "),
          ...field,
          ...(phone !== null && { phone }),
          ...(email !== null && { email }),
        },
        associations: [],
      },
      sample: FOUND,
    },
    [CONFLICT],
  )
}
