import * as v from "valibot"
import { contactOf, namesOf, type Candidate, type Contacts, type NewContact } from "./contact.ts"
import type { Connector, Input, SettingsOf } from "./connector.ts"
import { at, idAt, listAt, textAt } from "./json.ts"
import { failed } from "./problem.ts"
import { encode, segment } from "./url-segment.ts"
import { FieldName, RefreshAuth } from "./settings.ts"
import { asking, isSuccess, keep, stop, type Answer, type Kept, type Steps } from "./step.ts"
import { minutesAndSeconds } from "./time.ts"
import { notesOf, outcomeOrNoAnswer, subjectOf } from "./words.ts"
import { itemOf, judge } from "./zoho-problem.ts"

const API = "/crm/v8"

// The account and API servers of each data centre. An account belongs to one of them.
const DATA_CENTERS = {
  com: ["accounts.zoho.com", "www.zohoapis.com"],
  eu: ["accounts.zoho.eu", "www.zohoapis.eu"],
  in: ["accounts.zoho.in", "www.zohoapis.in"],
  "com.au": ["accounts.zoho.com.au", "www.zohoapis.com.au"],
  jp: ["accounts.zoho.jp", "www.zohoapis.jp"],
  "com.cn": ["accounts.zoho.com.cn", "www.zohoapis.com.cn"],
  ca: ["accounts.zohocloud.ca", "www.zohoapis.ca"],
  sa: ["accounts.zoho.sa", "www.zohoapis.sa"],
} as const
const dataCenters = Object.keys(DATA_CENTERS) as (keyof typeof DATA_CENTERS)[]

const settings = {
  auth: RefreshAuth,
  dataCenter: v.pipe(
    v.optional(v.picklist(dataCenters), "com"),
    v.description("Where the account lives: what follows zoho. in its address"),
  ),
  callIdField: v.pipe(
    v.optional(FieldName, "Ringback_Call_Id"),
    v.description("A single line field of Calls that does not allow duplicate values"),
  ),
}
type Settings = SettingsOf<typeof settings>

const NOT_ANSWERED = "No response/Busy"

// Values of the default list of every account. An answered call has none.
const RESULTS = {
  answered: undefined,
  busy: NOT_ANSWERED,
  no_answer: NOT_ANSWERED,
  rejected: NOT_ANSWERED,
  congestion: undefined,
  failed: undefined,
}

const ask = asking(judge)

/** Zoho CRM: a Call, found again by a field without duplicates. */
export const zoho: Connector<typeof settings> = {
  kind: "zoho",
  settings,
  baseUrl: ({ dataCenter }) => `https://${DATA_CENTERS[dataCenter][1]}`,
  tokenSource: ({ dataCenter }) => ({
    url: `https://${DATA_CENTERS[dataCenter][0]}/oauth/v2/token`,
    client: "form",
  }),
  authorize: (token) => ({ authorization: `Zoho-oauthtoken ${token}` }),
  log,
  check,
}

function* log(input: Input<Settings>): Steps {
  const { call, settings: given, memory } = input
  if (!call.isOver)
    return { end: "skipped", words: "skipped: calls are logged in Zoho CRM when they have ended" }
  const names = "statusField" in memory.endpoint ? memory.endpoint : yield* readNames(given)
  const contactId = yield* contactOf(contacts, input)
  const answer = yield* ask({
    purpose: "log the call",
    writesCall: true,
    method: "POST",
    path: `${API}/Calls/upsert`,
    body: {
      data: [recordOf(input, names, contactId)],
      duplicate_check_fields: [given.callIdField],
    },
    sample: { data: [{ code: "SUCCESS", action: "insert", details: { id: "CALL" } }] },
  })
  const id = idAt(itemOf(answer), "details", "id")
  // A batch of one is answered with 202 or 207 if its item is refused.
  if (id === undefined || textAt(itemOf(answer), "code") !== "SUCCESS")
    return judge(answer, { purpose: "log the call" })
  yield* keep({ call: { id, contactId } })
  return { end: "logged", words: `call ${id} on contact ${contactId}` }
}

function recordOf({ call, settings: given, fields }: Input<Settings>, names: Kept, who: string) {
  const outcome = outcomeOrNoAnswer(call)
  const result = given.dispositions[outcome] ?? RESULTS[outcome]
  const { [given.callIdField]: _key, ...others } = fields
  return {
    Subject: subjectOf(call),
    Call_Type: "Outbound",
    // Zoho requires an offset and does not accept Z.
    Call_Start_Time: new Date(call.startedAt).toISOString().replace(/\.\d+Z$/, "+00:00"),
    Call_Duration: minutesAndSeconds(call.talkSeconds ?? 0),
    [names["statusField"]!]: "Completed",
    ...(result !== undefined && { Call_Result: result }),
    Who_Id: { id: who },
    Description: notesOf(call).join("\n"),
    [given.callIdField]: call.uuid,
    ...others,
  }
}

/** The names differ between accounts, so they are read once. */
function* readNames({ callIdField }: Settings): Steps<Kept> {
  const fields = yield* readFields(callIdField)
  const problem = keyProblem(fields, callIdField)
  if (problem !== undefined) stop(failed(fields.answer, problem))
  const statusField = STATUS_FIELDS.find((name) => fields.byName.has(name)) ?? STATUS_FIELDS[0]
  yield* keep({ endpoint: { statusField } })
  return { statusField }
}

const STATUS_FIELDS = ["Outgoing_Call_Status", "Outbound_Call_Status"] as const

type Fields = { answer: Answer; byName: Map<string | undefined, unknown> }

function* readFields(callIdField: string): Steps<Fields> {
  const named = (api_name: string) => ({ api_name, unique: { casesensitive: "" } })
  const answer = yield* ask({
    purpose: "read the fields of Calls",
    method: "GET",
    path: `${API}/settings/fields?module=Calls`,
    sample: { fields: [named(callIdField), named(STATUS_FIELDS[0])] },
  })
  const byName = new Map(
    listAt(answer.body, "fields").map((field) => [textAt(field, "api_name"), field]),
  )
  return { answer, byName }
}

function keyProblem({ byName }: Fields, name: string): string | undefined {
  const how = "make it a single line field of the module Calls with 'Do not allow duplicate values'"
  const field = byName.get(name)
  if (field === undefined) return `The module Calls has no field ${name}: ${how}`
  const unique = at(field, "unique")
  const isUnique = typeof unique === "object" && unique !== null && Object.keys(unique).length > 0
  return isUnique ? undefined : `The field ${name} of Calls allows duplicates: ${how}`
}

const PHONES = ["Phone", "Mobile", "Home_Phone", "Other_Phone"]

const candidatesOf = ({ body }: Answer): Candidate[] =>
  listAt(body, "data").flatMap((record) => {
    const id = idAt(record, "id")
    return id === undefined ? [] : [{ id, phones: PHONES.map((name) => textAt(record, name)) }]
  })

const NOT_FOUND = 404

function* find(purpose: string, path: string, sample: object = {}): Steps<Candidate[]> {
  const answer = yield* ask(
    { purpose, method: "GET", path, sample: { data: [{ id: "CONTACT", ...sample }] } },
    [NOT_FOUND],
  )
  return isSuccess(answer) ? candidatesOf(answer) : []
}

const FIELDS = `fields=${["id", ...PHONES].join(",")}`

const contacts: Contacts = {
  isId: (key) => /^\d{10,25}$/.test(key),
  byId: (id) => find("read the contact", `${API}/Contacts/${segment(id)}?${FIELDS}`),
  *byField(field, value) {
    // Parentheses, commas and backslashes have a meaning in a criterion. `equals` also finds values
    // that contain the text.
    const criteria = `(${field}:equals:${value.replace(/[\\(),]/g, "\\$&")})`
    const answer = yield* ask({
      purpose: `find the contact by ${field}`,
      method: "GET",
      path: `${API}/Contacts/search?criteria=${encode(criteria)}&per_page=10`,
      sample: { data: [{ id: "CONTACT", [field]: value }] },
    })
    const data = listAt(answer.body, "data").filter((record) => textAt(record, field) === value)
    return candidatesOf({ ...answer, body: { data } })
  },
  byEmail: (email) =>
    find("find the contact by email", `${API}/Contacts/search?email=${encode(email)}&per_page=10`),
  byPhone: ({ national, e164 }) =>
    find(
      "find the contact by phone",
      `${API}/Contacts/search?phone=${encode(national)}&per_page=10`,
      { Phone: e164 },
    ),
  *create(contact) {
    const answer = yield* make(contact)
    const id = idAt(itemOf(answer), "details", "id")
    // DUPLICATE_DATA names the contact that already has the email: that contact is used, unless it is
    // told from this one by a key.
    const isTaken = textAt(itemOf(answer), "code") === "DUPLICATE_DATA"
    const isOther = isTaken && contact.email !== null && Object.keys(contact.field).length > 0
    if (!isOther) return id ?? stop(judge(answer, { purpose: MAKE }))
    const again = yield* make({ ...contact, email: null })
    return idAt(itemOf(again), "details", "id") ?? stop(judge(again, { purpose: MAKE }))
  },
}

const MAKE = "make the contact"

function make({ name, email, phone, field }: NewContact): Steps<Answer> {
  const { first, last } = namesOf(name)
  return ask({
    purpose: MAKE,
    method: "POST",
    path: `${API}/Contacts`,
    body: {
      data: [
        {
          ...field,
          Last_Name: last,
          ...(first !== "" && { First_Name: first }),
          ...(email !== null && { Email: email }),
          ...(phone !== null && { Phone: phone }),
        },
      ],
    },
    sample: { data: [{ code: "SUCCESS", details: { id: "CONTACT" } }] },
  })
}

function* check({ callIdField }: Settings): Steps {
  const fields = yield* readFields(callIdField)
  const problem = keyProblem(fields, callIdField)
  if (problem !== undefined) return failed(fields.answer, problem)
  yield* ask({
    purpose: "read a contact",
    method: "GET",
    path: `${API}/Contacts?fields=id&per_page=1`,
    sample: { data: [] },
  })
  return { end: "logged", words: "signed in; all required settings and fields exist" }
}
