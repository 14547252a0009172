import type { Candidate, Contacts } from "./contact.ts"
import { at, idAt, listAt, textAt } from "./json.ts"
import { judge } from "./pipedrive-problem.ts"
import { encode, segment } from "./url-segment.ts"
import { asking, isSuccess, stop, type Steps } from "./step.ts"

const ask = asking(judge)

const personOf = (id: string): Steps<Candidate[]> => readPerson(id, () => true)

/** A search by custom fields covers all of them. The person itself shows which field matched. */
function* readPerson(id: string, isMeant: (person: unknown) => boolean): Steps<Candidate[]> {
  const answer = yield* ask(
    {
      purpose: "read the person",
      method: "GET",
      path: `/api/v2/persons/${segment(id)}`,
      sample: { success: true, data: { id: 1 } },
    },
    [NOT_FOUND],
  )
  const person = at(answer.body, "data")
  if (!isSuccess(answer) || at(person, "is_deleted") === true || !isMeant(person)) return []
  const phones = listAt(person, "phones").map((each) => textAt(each, "value"))
  return [{ id: idAt(person, "id") ?? id, phones }]
}

const NOT_FOUND = 404
// Each costs one request, and an attempt has six.
const MAX_READ = 3
// Pipedrive refuses a shorter search term.
const MIN_TERM = 2

function* search(
  purpose: string,
  term: string,
  query: string,
  sample: object = {},
): Steps<Candidate[]> {
  if (term.length < MIN_TERM) return []
  const answer = yield* ask({
    purpose,
    method: "GET",
    path: `/api/v2/persons/search?term=${encode(term)}&${query}&limit=10`,
    sample: { success: true, data: { items: [{ item: { id: 1, ...sample } }] } },
  })
  return listAt(answer.body, "data", "items").flatMap((each) => {
    const id = idAt(each, "item", "id")
    const phones = listAt(each, "item", "phones").map((phone) => textAt([phone], 0))
    return id === undefined ? [] : [{ id, phones }]
  })
}

/** Searches Pipedrive's persons. */
export const contacts: Contacts = {
  isId: (key) => /^\d{1,15}$/.test(key),
  minKeyLength: MIN_TERM,
  byId: personOf,
  *byField(field, value) {
    const query = "fields=custom_fields&exact_match=true"
    const found = yield* search(`find the person by ${field}`, value, query)
    if (found.length > MAX_READ) {
      const words = `skipped: ${found.length} persons have ${value} in one of their fields`
      stop({ end: "skipped", words })
    }
    const meant: Candidate[] = []
    for (const { id } of found) {
      const isMeant = (person: unknown) => textAt(person, "custom_fields", field) === value
      meant.push(...(yield* readPerson(id, isMeant)))
    }
    return meant
  },
  byEmail: (email) => search("find the person by email", email, "fields=email&exact_match=true"),
  // The search compares the stored text: most notations contain the digits without the country
  // code.
  byPhone: ({ national, e164 }) =>
    search("find the person by phone", national, "fields=phone", { phones: [e164] }),
  *create({ name, email, phone, field }) {
    const entry = (value: string) => [{ value, primary: true, label: "work" }]
    const answer = yield* ask({
      purpose: "make the person",
      method: "POST",
      path: "/api/v2/persons",
      body: {
        name,
        ...(Object.keys(field).length > 0 && { custom_fields: field }),
        ...(email !== null && { emails: entry(email) }),
        ...(phone !== null && { phones: entry(phone) }),
      },
      sample: { success: true, data: { id: 1 } },
    })
    return idAt(answer.body, "data", "id") ?? stop(judge(answer, { purpose: "make the person" }))
  },
}
