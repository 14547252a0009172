import { randomUUID } from "node:crypto"
import { at, textAt } from "@ringback/connectors/json"
import { route, type Answered, type Asked, type Routes } from "@ringback/local/demo-crm/asked"

export type Person = {
  id: number
  name: string
  phones: { value: string; primary?: boolean; label?: string }[]
  emails: { value: string }[]
  custom_fields?: Record<string, string>
}
export type Activity = Record<string, unknown> & { id: number; done: boolean; person_id?: number }
export type CallLog = Record<string, unknown> & { id: string; activity_id: number }

export type Pipedrive = {
  persons: Person[]
  activities: Activity[]
  logs: CallLog[]
  tokens: Set<string>
  /** What a pasted API token is. */
  apiToken: string
  answer: (asked: Asked) => Answered
}

// As AddCallLogRequest and AddActivityRequest of the npm package pipedrive, by which client-types.test.ts checks what connectors send.
const CALL_LOG: Record<string, "string" | "number"> = {
  outcome: "string",
  to_phone_number: "string",
  start_time: "string",
  end_time: "string",
  user_id: "number",
  activity_id: "number",
  subject: "string",
  duration: "string",
  from_phone_number: "string",
  person_id: "number",
  org_id: "number",
  deal_id: "number",
  lead_id: "string",
  note: "string",
}
const REQUIRED = ["outcome", "to_phone_number", "start_time", "end_time"]
const OUTCOMES = [
  "connected",
  "no_answer",
  "left_message",
  "left_voicemail",
  "wrong_number",
  "busy",
]
const ACTIVITY: Record<string, "string" | "number" | "boolean" | "object"> = {
  subject: "string",
  type: "string",
  owner_id: "number",
  deal_id: "number",
  lead_id: "string",
  org_id: "number",
  due_date: "string",
  due_time: "string",
  duration: "string",
  busy: "boolean",
  done: "boolean",
  participants: "object",
  public_description: "string",
  note: "string",
}

/** As much of Pipedrive as calls need, with its own refusals. */
export function makePipedrive(persons: Person[] = []): Pipedrive {
  const [activities, logs]: [Activity[], CallLog[]] = [[], []]
  let lastId = 500
  const nextId = () => ++lastId
  const now = () => `${new Date().toISOString().slice(0, 19)}Z`

  const routes: Routes = {
    "GET /api/v1/users/me": () => good({ id: 7, company_domain: "acme" }),
    "GET /api/v2/persons": () => good(persons.slice(0, 1)),
    "GET /api/v2/persons/search"({ query }) {
      const term = (query.get("term") ?? "").toLowerCase()
      if (term.length < 2) return refuse(400, "term must be at least 2 characters long")
      const isExact = query.get("exact_match") === "true"
      const items = persons
        .filter((person) =>
          searched(person, query.get("fields")).some((each) =>
            isExact ? each.toLowerCase() === term : each.toLowerCase().includes(term),
          ),
        )
        .map(({ id, name, phones }) => ({
          item: { id, name, phones: phones.map(({ value }) => value) },
        }))
      return good({ items })
    },
    "GET /api/v2/persons/:id"(_, { id }) {
      const person = persons.find((each) => String(each.id) === id)
      return person ? good({ ...person, is_deleted: false }) : refuse(404, "Person not found")
    },
    "POST /api/v2/persons"({ body }) {
      if (textAt(body, "name") === undefined) return refuse(400, "name is required")
      const person: Person = Object.assign({ phones: [], emails: [] }, body as Person, {
        id: nextId(),
      })
      persons.push(person)
      return good(person, 201)
    },
    "GET /api/v2/activities"({ query }) {
      const person = Number(query.get("person_id"))
      const since = query.get("updated_since") ?? ""
      return good(
        activities.filter(
          (each) => each.person_id === person && String(each["update_time"]) >= since,
        ),
      )
    },
    "POST /api/v2/activities"({ body }) {
      const problem = shapeProblem(body, ACTIVITY)
      if (problem) return refuse(400, problem)
      const person_id = Number(at(body, "participants", 0, "person_id"))
      if (!persons.some(({ id }) => id === person_id)) return refuse(400, "no such person")
      const given = body as { done: boolean }
      const activity = { ...given, id: nextId(), person_id, update_time: now() }
      activities.push(activity)
      return good(activity, 201)
    },
    "PATCH /api/v2/activities/:id"({ body }, { id }) {
      const activity = activities.find((each) => String(each.id) === id)
      if (!activity) return refuse(404, "Activity not found")
      const problem = shapeProblem(body, ACTIVITY)
      if (problem) return refuse(400, problem)
      const participant = at(body, "participants", 0, "person_id")
      // Read-only, but the primary participant sets it.
      if (participant !== undefined) activity.person_id = Number(participant)
      Object.assign(activity, body, { update_time: now() })
      return good(activity)
    },
    "POST /api/v1/callLogs"({ body }) {
      const problem = callLogProblem(body)
      if (problem) return refuse(400, problem)
      const given = body as Record<string, unknown>
      const known = activities.find(({ id }) => id === given["activity_id"])
      if (given["activity_id"] !== undefined && !known) return refuse(404, "Activity not found")
      if (!known && !persons.some(({ id }) => id === given["person_id"]))
        return refuse(404, "Person not found")
      const activity = known ?? {
        id: nextId(),
        done: true,
        person_id: given["person_id"] as number,
      }
      const { note, subject } = given
      Object.assign(activity, { type: "call", note, subject, done: true, update_time: now() })
      if (!known) activities.push(activity)
      const log = { ...given, id: randomUUID(), activity_id: activity.id, company_id: 1 }
      logs.push(log)
      return good(log)
    },
  }

  const crm: Pipedrive = {
    persons,
    activities,
    logs,
    tokens: new Set(),
    apiToken: "pipedrive-api-token",
    answer(asked) {
      const token = /^Bearer (.+)$/.exec(asked.headers["authorization"] ?? "")?.[1]
      const isKnown =
        asked.headers["x-api-token"] === crm.apiToken ||
        (token !== undefined && crm.tokens.has(token))
      if (!isKnown)
        return {
          status: 401,
          body: { success: false, error: "unauthorized access", errorCode: 401 },
        }
      return route(routes, asked) ?? refuse(404, "no such path")
    },
  }
  return crm
}

const good = (data: unknown, status = 200): Answered => ({ status, body: { success: true, data } })
const refuse = (status: number, error: string): Answered => ({
  status,
  body: { success: false, error, error_info: "", data: null, additional_data: null },
})

function searched({ phones, emails, custom_fields = {} }: Person, fields: string | null): string[] {
  if (fields === "phone") return phones.map(({ value }) => value.replace(/[\s()-]/g, ""))
  if (fields === "email") return emails.map(({ value }) => value)
  return fields === "custom_fields" ? Object.values(custom_fields) : []
}

function shapeProblem(body: unknown, shape: Record<string, string>): string | undefined {
  for (const [name, value] of Object.entries(body as object)) {
    if (shape[name] === undefined) return `${name} is not allowed`
    if (typeof value !== shape[name]) return `${name} must be a ${shape[name]}`
  }
  return undefined
}

function callLogProblem(body: unknown): string | undefined {
  const problem = shapeProblem(body, CALL_LOG)
  if (problem) return problem
  const missing = REQUIRED.find((name) => !textAt(body, name))
  if (missing) return `${missing} is required`
  if (!OUTCOMES.includes(textAt(body, "outcome")!)) return "outcome is not one of those allowed"
  const times = [textAt(body, "start_time")!, textAt(body, "end_time")!]
  if (times.some((each) => !/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(each))) return "wrong time"
  return times[1]! < times[0]! ? "end_time is before start_time" : undefined
}
