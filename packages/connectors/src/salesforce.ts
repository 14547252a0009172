import * as v from "valibot"
import { contactOf, namesOf, type Candidate, type Contacts } from "./contact.ts"
import type { Connector, Input, SettingsOf } from "./connector.ts"
import { at, idAt, listAt, textAt } from "./json.ts"
import { failed } from "./problem.ts"
import { judge } from "./salesforce-problem.ts"
import { encode, segment } from "./url-segment.ts"
import { ClientAuth, FieldName, live, RefreshAuth } from "./settings.ts"
import { asking, isSuccess, keep, stop, type Answer, type Steps } from "./step.ts"
import { dayIn, isoSeconds, isTimeZone } from "./time.ts"
import { notesOf, outcomeOrNoAnswer, subjectOf } from "./words.ts"

const API = "/services/data/v68.0"

// A host name of Salesforce, with a certificate of Salesforce: NAME.my.salesforce.com,
// NAME--SB.sandbox.my...
const INSTANCE =
  /^https:\/\/[A-Za-z0-9][A-Za-z0-9-]{0,80}(\.(sandbox|develop|scratch|demo|patch|trailblaze))?\.my\.salesforce\.com\/?$/

const settings = {
  auth: v.variant("grant", [ClientAuth, RefreshAuth]),
  instanceUrl: v.pipe(
    v.string(),
    v.regex(INSTANCE, "must be the org's own address, such as https://acme.my.salesforce.com"),
  ),
  callIdField: v.pipe(
    v.optional(FieldName, "Ringback_Call_Id__c"),
    v.description("A text field of Activity, marked External ID and Unique"),
  ),
  timeZone: v.pipe(
    v.optional(
      v.pipe(v.string(), v.check(isTimeZone, "must be a zone such as Europe/Copenhagen")),
      "UTC",
    ),
    v.description("Decides the day of a task: Salesforce keeps no time of it"),
  ),
  live,
}
type Settings = SettingsOf<typeof settings>

const DISPOSITIONS = {
  answered: "Answered",
  busy: "Busy",
  no_answer: "No answer",
  rejected: "Rejected",
  congestion: "Congestion",
  failed: "Failed",
}

const ask = asking(judge)

/** Salesforce: a Task of the subtype Call, found again by an external id. */
export const salesforce: Connector<typeof settings> = {
  kind: "salesforce",
  settings,
  baseUrl: ({ instanceUrl }) => instanceUrl.replace(/\/$/, "").toLowerCase(),
  tokenSource: (given) => ({
    url: `${salesforce.baseUrl(given)}/services/oauth2/token`,
    client: "form",
  }),
  authorize: (token) => ({ authorization: `Bearer ${token}` }),
  log,
  check,
}

function* log(input: Input<Settings>): Steps {
  const { call, settings: given, memory } = input
  const contactId = yield* contactOf(contacts, input)
  const answer = yield* ask(
    {
      purpose: "log the call",
      writesCall: true,
      method: "PATCH",
      path: `${API}/sobjects/Task/${given.callIdField}/${segment(call.uuid)}`,
      body: taskOf(input, contactId),
      sample: { id: "TASK", success: true, errors: [] },
    },
    [SEVERAL],
  )
  if (answer.statusCode === SEVERAL) {
    const words = `Several tasks have this call's id: mark ${given.callIdField} as unique in Salesforce`
    return failed(answer, words)
  }
  const id = idAt(answer.body, "id") ?? memory.call["id"]
  yield* keep({ call: { contactId, ...(id !== undefined && { id }) } })
  return { end: "logged", words: `task ${id ?? call.uuid} on contact ${contactId}` }
}

const SEVERAL = 300
const NOT_FOUND = 404
const MAX_DISPOSITION = 255

function taskOf({ call, settings: given, fields }: Input<Settings>, contactId: string) {
  const outcome = outcomeOrNoAnswer(call)
  const disposition = given.dispositions[outcome] ?? DISPOSITIONS[outcome]
  const { [given.callIdField]: _key, ...others } = fields
  return {
    Subject: subjectOf(call),
    WhoId: contactId,
    Status: call.isOver ? "Completed" : "In Progress",
    Priority: "Normal",
    ActivityDate: dayIn(given.timeZone, call.startedAt),
    TaskSubtype: "Call",
    CallType: "Outbound",
    ...(call.isOver && {
      CallDisposition: disposition.slice(0, MAX_DISPOSITION),
      ...(call.talkSeconds !== null && { CallDurationInSeconds: call.talkSeconds }),
    }),
    CallObject: call.uuid,
    Description: [...notesOf(call), `Exact start: ${isoSeconds(call.startedAt)}`].join("\n"),
    ...others,
  }
}

const PHONES = ["Phone", "MobilePhone"]
const FIELDS = ["Id", ...PHONES].join(",")

const candidateOf = (record: unknown): Candidate[] => {
  const id = idAt(record, "Id")
  return id === undefined ? [] : [{ id, phones: PHONES.map((name) => textAt(record, name)) }]
}

const recordsOf = ({ body }: Answer, name: string) => listAt(body, name).flatMap(candidateOf)

// SOQL and SOSL: an unescaped quote or backslash would end or change the text.
const quoted = (text: string) => `'${text.replace(/[\\']/g, "\\$&")}'`
// Characters with a meaning in SOSL's FIND.
const literal = (text: string) => text.replace(/[?&|!{}[\]()^~*:\\"'+-]/g, "\\$&")

function* query(purpose: string, field: string, value: string): Steps<Candidate[]> {
  const soql = `SELECT ${FIELDS} FROM Contact WHERE ${field} = ${quoted(value)} LIMIT 10`
  const answer = yield* ask({
    purpose,
    method: "GET",
    path: `${API}/query?q=${encode(soql)}`,
    sample: { totalSize: 1, done: true, records: [{ Id: "CONTACT" }] },
  })
  return recordsOf(answer, "records")
}

const contacts: Contacts = {
  isId: (key) => /^003[A-Za-z0-9]{12}([A-Za-z0-9]{3})?$/.test(key),
  *byId(id) {
    const answer = yield* ask(
      {
        purpose: "read the contact",
        method: "GET",
        path: `${API}/sobjects/Contact/${segment(id)}?fields=${encode(FIELDS)}`,
        sample: { Id: id },
      },
      [NOT_FOUND],
    )
    return isSuccess(answer) ? candidateOf(answer.body) : []
  },
  byField: (field, value) => query(`find the contact by ${field}`, field, value),
  byEmail: (email) => query("find the contact by email", "Email", email),
  *byPhone({ e164, national }) {
    // Numbers are stored as they were typed: both notations are searched for, and the results are
    // compared again.
    const sosl = `FIND {${literal(national)} OR ${literal(e164)}} IN PHONE FIELDS RETURNING Contact(${FIELDS} LIMIT 10)`
    const answer = yield* ask({
      purpose: "find the contact by phone",
      method: "GET",
      path: `${API}/search?q=${encode(sosl)}`,
      sample: { searchRecords: [{ Id: "CONTACT", Phone: e164 }] },
    })
    return recordsOf(answer, "searchRecords")
  },
  *create({ name, email, phone, field }) {
    const { first, last } = namesOf(name)
    const answer = yield* ask({
      purpose: "make the contact",
      method: "POST",
      path: `${API}/sobjects/Contact`,
      headers: { "sforce-duplicate-rule-header": "allowSave=true" },
      body: {
        ...field,
        LastName: last,
        ...(first !== "" && { FirstName: first }),
        ...(email !== null && { Email: email }),
        ...(phone !== null && { Phone: phone }),
      },
      sample: { id: "CONTACT", success: true, errors: [] },
    })
    return idAt(answer.body, "id") ?? stop(judge(answer, { purpose: "make the contact" }))
  },
}

function* check({ callIdField }: Settings): Steps {
  const answer = yield* ask({
    purpose: "read the fields of Task",
    method: "GET",
    path: `${API}/sobjects/Task/describe`,
    sample: { fields: [{ name: callIdField, externalId: true, unique: true, updateable: true }] },
  })
  const field = listAt(answer.body, "fields").find((each) => at(each, "name") === callIdField)
  if (!field)
    return failed(answer, `Activity has no field ${callIdField}: make it in Salesforce, ${HOW}`)
  if (at(field, "externalId") !== true || at(field, "updateable") === false)
    return failed(answer, `The field ${callIdField} of Activity must be ${HOW}`)
  const note = at(field, "unique") === true ? "" : `; better mark ${callIdField} as unique`
  return { end: "logged", words: `signed in; all required settings and fields exist${note}` }
}

const HOW = "a text of 36 characters, External ID and Unique, which the connected user may edit"
