import { randomUUID } from "node:crypto"
import { at, listAt, textAt } from "@ringback/connectors/json"
import { phoneOf } from "@ringback/connectors/phone"
import { route, type Answered, type Asked, type Routes } from "./asked.ts"

type Properties = Record<string, string>
export type HubspotContact = { id: string; properties: Properties }
export type HubspotCall = { id: string; properties: Properties; contacts: string[] }

/**
 * The parts of HubSpot that calls need, with its own refusals. `tokens`: the currently valid ones.
 */
export type Hubspot = {
  contacts: HubspotContact[]
  calls: HubspotCall[]
  tokens: Set<string>
  answer: (asked: Asked) => Answered
}

const V = "2026-03"
const OBJECTS = `/crm/objects/${V}`

// The properties of every account that are used here.
const CALL_PROPERTIES = new Set(
  "hs_timestamp hs_call_title hs_call_body hs_call_direction hs_call_status hs_call_disposition hs_call_duration hs_call_from_number hs_call_to_number hubspot_owner_id".split(
    " ",
  ),
)
const STATUSES =
  "BUSY CALLING_CRM_USER CANCELED COMPLETED CONNECTING FAILED IN_PROGRESS MISSED NO_ANSWER QUEUED RINGING".split(
    " ",
  )

/** An account with these contacts and calls. */
export function makeHubspot(contacts: HubspotContact[] = [], calls: HubspotCall[] = []): Hubspot {
  const tokens = new Set<string>()
  const unique = new Set<string>()
  let lastId = Math.max(1000, ...[...contacts, ...calls].map(({ id }) => Number(id)))
  const nextId = () => String(++lastId)

  const contactBy = (id: string, idProperty: string | null) =>
    contacts.find((each) =>
      idProperty === null ? each.id === id : each.properties[idProperty] === id,
    )

  function upsert({ body }: Asked): Answered {
    const results = []
    for (const input of listAt(body, "inputs")) {
      const idProperty = textAt(input, "idProperty") ?? ""
      const id = textAt(input, "id") ?? ""
      if (!unique.has(idProperty))
        return refuse(400, `Property ${idProperty} is not a unique property of calls`)
      const properties = (at(input, "properties") ?? {}) as Properties
      const problem = callProblem(properties, unique)
      if (problem) return refuse(400, problem)
      const known = calls.find((each) => each.properties[idProperty] === id)
      const call = known ?? { id: nextId(), properties: { [idProperty]: id }, contacts: [] }
      if (!known && properties["hs_timestamp"] === undefined)
        return refuse(400, "Property values were not valid: hs_timestamp is required")
      Object.assign(call.properties, properties)
      if (!known) calls.push(call)
      const now = new Date().toISOString()
      results.push({ ...call, archived: false, createdAt: now, updatedAt: now, new: !known })
    }
    return batch(results)
  }

  const routes: Routes = {
    [`GET ${OBJECTS}/contacts`]: () => ({ status: 200, body: { results: contacts.slice(0, 1) } }),
    [`POST ${OBJECTS}/contacts`]({ body }) {
      const properties = at(body, "properties") as Properties
      const twin = contacts.find(
        ({ properties: { email } }) => email && email === properties["email"],
      )
      if (twin) return refuse(409, `Contact already exists. Existing ID: ${twin.id}`, "CONFLICT")
      const contact = { id: nextId(), properties }
      contacts.push(contact)
      return { status: 201, body: contact }
    },
    [`POST ${OBJECTS}/contacts/search`]({ body }) {
      const groups = listAt(body, "filterGroups")
      if (groups.length > 5) return refuse(400, "there are too many filterGroups: 5 at most")
      const results = contacts.filter((contact) =>
        groups.some((group) => listAt(group, "filters").every((each) => holds(contact, each))),
      )
      return { status: 200, body: { total: results.length, results: results.slice(0, 10) } }
    },
    [`GET ${OBJECTS}/contacts/:id`]({ query }, { id = "" }) {
      const contact = contactBy(id, query.get("idProperty"))
      return contact ? { status: 200, body: contact } : refuse(404, "resource not found")
    },
    [`POST /crm/properties/${V}/calls`]({ body }) {
      const name = textAt(body, "name") ?? ""
      if (unique.has(name)) return refuse(409, `A property named '${name}' already exists.`)
      unique.add(name)
      return { status: 201, body }
    },
    [`GET /crm/properties/${V}/calls/:name`]: (_, { name = "" }) =>
      unique.has(name)
        ? { status: 200, body: { name, hasUniqueValue: true } }
        : refuse(404, `Property '${name}' does not exist`),
    [`POST ${OBJECTS}/calls/batch/upsert`]: upsert,
    [`PUT ${OBJECTS}/calls/:call/associations/default/contacts/:contact`](_, params) {
      const call = calls.find(({ id }) => id === params["call"])
      if (!call || !contactBy(params["contact"] ?? "", null))
        return refuse(404, "resource not found")
      call.contacts = [...new Set([...call.contacts, params["contact"]!])]
      return batch([])
    },
  }

  return {
    contacts,
    calls,
    tokens,
    answer(asked) {
      const token = /^Bearer (.+)$/.exec(asked.headers["authorization"] ?? "")?.[1] ?? ""
      if (!tokens.has(token))
        return refuse(401, "Authentication credentials not found.", "INVALID_AUTHENTICATION")
      return route(routes, asked) ?? refuse(404, "no such path")
    },
  }
}

const batch = (results: unknown[]): Answered => {
  const at = new Date().toISOString()
  return { status: 200, body: { status: "COMPLETE", results, startedAt: at, completedAt: at } }
}

const refuse = (status: number, message: string, category = "VALIDATION_ERROR"): Answered => ({
  status,
  body: { status: "error", message, category, correlationId: randomUUID() },
})

function callProblem(properties: Properties, own: Set<string>): string | undefined {
  for (const [name, value] of Object.entries(properties)) {
    if (!CALL_PROPERTIES.has(name) && !own.has(name))
      return `Property values were not valid: Property "${name}" does not exist`
    if (typeof value !== "string") return `${name} must be a string`
  }
  const { hs_call_status: status, hs_timestamp: timestamp } = properties
  if (status !== undefined && !STATUSES.includes(status))
    return `${status} was not one of the allowed options of hs_call_status`
  if (timestamp !== undefined && Number.isNaN(Date.parse(timestamp)))
    return `${timestamp} was not a valid long`
  return undefined
}

// The index of phone numbers has area code and local number, without the country code.
const nationalOf = (phone: string | undefined) =>
  phone && (phoneOf(phone, null)?.national ?? phone.replace(/\D/g, ""))

function holds({ properties }: HubspotContact, filter: unknown): boolean {
  const value = textAt(filter, "value")
  const name = textAt(filter, "propertyName") ?? ""
  if (name === "hs_searchable_calculated_phone_number")
    return nationalOf(properties["phone"]) === value
  if (name === "hs_searchable_calculated_mobile_number")
    return nationalOf(properties["mobilephone"]) === value
  return properties[name] === value
}
