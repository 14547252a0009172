import { at, listAt, textAt } from "@ringback/connectors/json"
import { route, type Answered, type Asked, type Routes } from "@ringback/local/demo-crm/asked"

export type ZohoRecord = Record<string, unknown> & { id: string }

export type Zoho = {
  contacts: ZohoRecord[]
  calls: ZohoRecord[]
  tokens: Set<string>
  /** The fields of Calls; whether it has no duplicates. */
  fields: Map<string, boolean>
  answer: (asked: Asked) => Answered
}

const API = "/crm/v8"
const KEY = "Ringback_Call_Id"
const STANDARD = [
  "Subject",
  "Call_Type",
  "Call_Start_Time",
  "Call_Duration",
  "Outgoing_Call_Status",
  "Call_Result",
  "Who_Id",
  "What_Id",
  "$se_module",
  "Description",
]
const RESULTS = ["Interested", "Not interested", "No response/Busy", "Requested more info"]

/** As much of Zoho CRM as calls need, with its own refusals. */
export function makeZoho(contacts: ZohoRecord[] = []): Zoho {
  const calls: ZohoRecord[] = []
  let lastId = 0
  const nextId = () => `55500000000${String(++lastId).padStart(7, "0")}`
  const found = (data: ZohoRecord[]): Answered =>
    data.length > 0
      ? { status: 200, body: { data, info: { more_records: false } } }
      : { status: 204 }

  const routes: Routes = {
    [`GET ${API}/settings/fields`]({ query }) {
      if (query.get("module") !== "Calls") return refuse(400, "INVALID_MODULE", "no such module")
      const fields = [...org.fields].map(([api_name, isUnique]) => ({
        api_name,
        unique: isUnique ? { casesensitive: "" } : {},
      }))
      return { status: 200, body: { fields } }
    },
    [`GET ${API}/Contacts`]: () => found(contacts.slice(0, 1)),
    [`GET ${API}/Contacts/search`]({ query }) {
      const [email, phone, criteria] = ["email", "phone", "criteria"].map((name) => query.get(name))
      if (email) return found(contacts.filter((each) => each["Email"] === email))
      // How numbers are compared is not documented: digits that end alike.
      const digits = (text = "") => text.replace(/\D/g, "")
      if (phone)
        return found(
          contacts.filter((each) =>
            ["Phone", "Mobile"].some((name) => digits(textAt(each, name)).endsWith(digits(phone))),
          ),
        )
      const [, field = "", value = ""] = /^\((\w+):equals:(.+)\)$/.exec(criteria ?? "") ?? []
      if (field === "") return refuse(400, "INVALID_QUERY", "invalid query formed")
      // equals acts like contains.
      const text = value.replace(/\\(.)/g, "$1")
      return found(contacts.filter((each) => textAt(each, field)?.includes(text)))
    },
    [`GET ${API}/Contacts/:id`]: (_, { id }) => found(contacts.filter((each) => each.id === id)),
    [`POST ${API}/Contacts`]({ body }) {
      const record = at(body, "data", 0) as ZohoRecord
      if (!record["Last_Name"])
        return item(400, "MANDATORY_NOT_FOUND", "required field not found", "Last_Name")
      const contact = { ...record, id: nextId() }
      contacts.push(contact)
      return success(201, "insert", contact.id)
    },
    [`POST ${API}/Calls/upsert`]({ body }) {
      const record = at(body, "data", 0) as Record<string, unknown>
      const [key = ""] = listAt(body, "duplicate_check_fields").map(String)
      if (!org.fields.get(key)) return item(400, "INVALID_DATA", "not a unique field", key)
      const problem = callProblem(record, org)
      if (problem) return problem
      const known = calls.find((each) => each[key] === record[key])
      if (known && known["Call_Type"] !== record["Call_Type"])
        return item(400, "INVALID_DATA", "cannot be changed", "Call_Type")
      if (known) {
        Object.assign(known, record)
        return success(200, "update", known.id)
      }
      const call = { ...record, id: nextId() }
      calls.push(call)
      return success(201, "insert", call.id)
    },
  }

  const org: Zoho = {
    contacts,
    calls,
    tokens: new Set(),
    fields: new Map([...STANDARD.map((name) => [name, false] as const), [KEY, true]]),
    answer(asked) {
      const token = /^Zoho-oauthtoken (.+)$/.exec(asked.headers["authorization"] ?? "")?.[1] ?? ""
      if (!org.tokens.has(token)) return refuse(401, "INVALID_TOKEN", "invalid oauth token")
      return route(routes, asked) ?? refuse(404, "INVALID_URL_PATTERN", "no such path")
    },
  }
  return org
}

const refuse = (status: number, code: string, message: string): Answered => ({
  status,
  body: { code, details: {}, message, status: "error" },
})

const item = (status: number, code: string, message: string, api_name: string): Answered => ({
  status,
  body: { data: [{ code, details: { api_name }, message, status: "error" }] },
})

const success = (status: number, action: "insert" | "update", id: string): Answered => ({
  status,
  body: {
    data: [{ code: "SUCCESS", action, details: { id }, message: "done", status: "success" }],
  },
})

function callProblem(record: Record<string, unknown>, org: Zoho): Answered | undefined {
  const unknown = Object.keys(record).find((name) => !org.fields.has(name))
  // Zoho leaves out what it does not know: for a test that hides a mistake.
  if (unknown) return item(400, "INVALID_DATA", "no such field", unknown)
  const missing = ["Call_Type", "Call_Start_Time", "Call_Duration"].find((name) => !record[name])
  if (missing) return item(400, "MANDATORY_NOT_FOUND", "required field not found", missing)
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$/.test(String(record["Call_Start_Time"])))
    return item(400, "INVALID_DATA", "invalid data", "Call_Start_Time")
  if (!/^\d{2,}:\d\d$/.test(String(record["Call_Duration"])))
    return item(400, "INVALID_DATA", "invalid data", "Call_Duration")
  const result = textAt(record, "Call_Result")
  if (result !== undefined && !RESULTS.includes(result))
    return item(400, "INVALID_DATA", "invalid data", "Call_Result")
  const who = textAt(record, "Who_Id", "id")
  return org.contacts.some(({ id }) => id === who)
    ? undefined
    : item(400, "INVALID_DATA", "the id given seems to be invalid", "Who_Id")
}
