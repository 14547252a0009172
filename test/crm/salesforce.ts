import { at, textAt } from "@ringback/connectors/json"
import { route, type Answered, type Asked, type Routes } from "@ringback/local/demo-crm/asked"

type Record_ = Record<string, unknown> & { Id: string }

const API = "/services/data/v68.0"
const KEY = "Ringback_Call_Id__c"

// The writable fields of Task, of what is used here, with their types, as describe gives them.
const TASK: Record<string, { type: string; values?: string[]; length?: number }> = {
  Subject: { type: "string", length: 255 },
  WhoId: { type: "string" },
  Status: { type: "string", values: ["Not Started", "In Progress", "Completed"] },
  Priority: { type: "string", values: ["High", "Normal", "Low"] },
  ActivityDate: { type: "date" },
  TaskSubtype: { type: "string", values: ["Task", "Call", "Email"] },
  CallType: { type: "string", values: ["Internal", "Inbound", "Outbound"] },
  CallDurationInSeconds: { type: "number" },
  CallDisposition: { type: "string", length: 255 },
  CallObject: { type: "string", length: 255 },
  Description: { type: "string", length: 32_000 },
  Region__c: { type: "string", length: 50 },
}

export type Salesforce = {
  contacts: Record_[]
  tasks: Record_[]
  tokens: Set<string>
  /** False: the field of Activity has not been made. */
  hasKey: boolean
  answer: (asked: Asked) => Answered
}

/** As much of Salesforce as calls need, with its own refusals. */
export function makeSalesforce(contacts: Record_[] = []): Salesforce {
  const tasks: Record_[] = []
  let lastId = 0
  const nextId = (prefix: string) => `${prefix}${String(++lastId).padStart(12, "0")}AAA`

  function upsert({ body }: Asked, { field, key }: Record<string, string>): Answered {
    if (!org.hasKey || field !== KEY)
      return refuse(404, "NOT_FOUND", "The requested resource does not exist")
    const given = body as Record<string, unknown>
    const problem = taskProblem(given, contacts)
    if (problem) return problem
    const found = tasks.find((each) => each[KEY] === key)
    if (found) {
      Object.assign(found, given)
      return { status: 200, body: { id: found.Id, success: true, errors: [], created: false } }
    }
    const task = { Id: nextId("00T"), [KEY]: key, ...given }
    tasks.push(task)
    return { status: 201, body: { id: task.Id, success: true, errors: [], created: true } }
  }

  const routes: Routes = {
    [`GET ${API}/sobjects/Contact/:id`](_, { id = "" }) {
      const found = contacts.find(({ Id }) => Id.startsWith(id))
      return found
        ? { status: 200, body: found }
        : refuse(404, "NOT_FOUND", "The requested resource does not exist")
    },
    [`POST ${API}/sobjects/Contact`]({ body }) {
      if (textAt(body, "LastName") === undefined)
        return refuse(400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]")
      const contact = { ...(body as object), Id: nextId("003") }
      contacts.push(contact)
      return { status: 201, body: { id: contact.Id, success: true, errors: [] } }
    },
    [`GET ${API}/query`]({ query }) {
      const form =
        /^SELECT Id,Phone,MobilePhone FROM Contact WHERE (\w+) = '((?:[^'\\]|\\.)*)' LIMIT 10$/
      const [, field = "", value = ""] = form.exec(query.get("q") ?? "") ?? []
      if (field === "") return refuse(400, "MALFORMED_QUERY", "unexpected token")
      const text = value.replace(/\\(.)/g, "$1")
      const records = contacts.filter((each) => each[field] === text)
      return { status: 200, body: { totalSize: records.length, done: true, records } }
    },
    [`GET ${API}/search`]({ query }) {
      const form =
        /^FIND \{(.+)\} IN PHONE FIELDS RETURNING Contact\(Id,Phone,MobilePhone LIMIT 10\)$/
      const [, words = ""] = form.exec(query.get("q") ?? "") ?? []
      if (words === "") return refuse(400, "MALFORMED_SEARCH", "unexpected token")
      const digits = words.split(" OR ").map((each) => each.replace(/\D/g, ""))
      const searchRecords = contacts.filter((each) =>
        ["Phone", "MobilePhone"].some((name) => {
          const stored = (textAt(each, name) ?? "").replace(/\D/g, "")
          return stored !== "" && digits.includes(stored)
        }),
      )
      return { status: 200, body: { searchRecords } }
    },
    [`PATCH ${API}/sobjects/Task/:field/:key`]: upsert,
    [`GET ${API}/sobjects/Task/describe`]() {
      const own = { name: KEY, externalId: true, unique: true, updateable: true }
      const names = Object.keys(TASK).map((name) => ({ name, externalId: false, unique: false }))
      return { status: 200, body: { fields: org.hasKey ? [...names, own] : names } }
    },
  }

  const org: Salesforce = {
    contacts,
    tasks,
    tokens: new Set(),
    hasKey: true,
    answer(asked) {
      const token = /^Bearer (.+)$/.exec(asked.headers["authorization"] ?? "")?.[1] ?? ""
      if (!org.tokens.has(token))
        return refuse(401, "INVALID_SESSION_ID", "Session expired or invalid")
      return route(routes, asked) ?? refuse(404, "NOT_FOUND", "no such path")
    },
  }
  return org
}

const refuse = (status: number, errorCode: string, message: string): Answered => ({
  status,
  body: [{ message, errorCode, fields: [] }],
})

function taskProblem(given: Record<string, unknown>, contacts: Record_[]): Answered | undefined {
  if (at(given, KEY) !== undefined)
    return refuse(
      400,
      "INVALID_FIELD",
      `The ${KEY} field should not be specified in the sobject data.`,
    )
  for (const [name, value] of Object.entries(given)) {
    const field = TASK[name]
    if (!field)
      return refuse(400, "INVALID_FIELD", `No such column '${name}' on sobject of type Task`)
    if (field.type === "number" ? typeof value !== "number" : typeof value !== "string")
      return refuse(400, "JSON_PARSER_ERROR", `Cannot deserialize ${name}`)
    if (field.type === "date" && !/^\d{4}-\d\d-\d\d$/.test(String(value)))
      return refuse(400, "JSON_PARSER_ERROR", `Cannot deserialize instance of date from ${value}`)
    if (field.values && !field.values.includes(String(value)))
      return refuse(400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", `bad value for ${name}`)
    if (String(value).length > (field.length ?? Infinity))
      return refuse(400, "STRING_TOO_LONG", `${name}: data value too large`)
  }
  return contacts.some(({ Id }) => Id === given["WhoId"])
    ? undefined
    : refuse(400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
}
