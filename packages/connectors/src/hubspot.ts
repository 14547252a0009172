import * as v from "valibot"
import { contactOf } from "./contact.ts"
import type { Connector, Input, SettingsOf } from "./connector.ts"
import { CONTACTS, contacts, VERSION } from "./hubspot-contacts.ts"
import { judge } from "./hubspot-problem.ts"
import { at, idAt } from "./json.ts"
import { failed } from "./problem.ts"
import { segment } from "./url-segment.ts"
import { live, RefreshAuth, TokenAuth } from "./settings.ts"
import { asking, isSuccess, keep, stop, type Answer, type Request, type Steps } from "./step.ts"
import { isoSeconds } from "./time.ts"
import { escaped, notesOf, outcomeOrNoAnswer, subjectOf } from "./words.ts"

const CALLS = `/crm/objects/${VERSION}/calls`
const PROPERTIES = `/crm/properties/${VERSION}/calls`

/** The property of calls that prevents duplicate activities: its values are unique. */
const KEY = "ringback_call_id"

const settings = {
  auth: v.variant("type", [TokenAuth, RefreshAuth]),
  live,
}
type Settings = SettingsOf<typeof settings>

// HubSpot's own values: every account has them, with these ids.
const DISPOSITIONS = {
  answered: "f240bbac-87c9-4f6e-bf70-924b57d47db7",
  busy: "9d9162e7-6cf3-4944-bf63-4dff82258764",
  no_answer: "73a0d17f-1163-4015-bdd5-ec830791da20",
  rejected: undefined,
  congestion: undefined,
  failed: undefined,
}

const STATUSES = {
  answered: "COMPLETED",
  busy: "BUSY",
  no_answer: "NO_ANSWER",
  rejected: "BUSY",
  congestion: "FAILED",
  failed: "FAILED",
}

const ask = asking(judge)

/** HubSpot: a call of the 2026-03 API on its contact. */
export const hubspot: Connector<typeof settings> = {
  kind: "hubspot",
  settings,
  baseUrl: () => "https://api.hubapi.com",
  tokenSource: () => ({ url: `https://api.hubapi.com/oauth/${VERSION}/token`, client: "form" }),
  authorize: (token) => ({ authorization: `Bearer ${token}` }),
  log,
  check,
}

function* log(input: Input<Settings>): Steps {
  const { memory } = input
  if (memory.endpoint["hasKey"] === undefined) yield* makeKey()
  const contactId = yield* contactOf(contacts, input)
  const id = yield* upsert(input)
  if (memory.call["isOnContact"] !== contactId) {
    yield* ask({
      purpose: "put the call on its contact",
      method: "PUT",
      path: `${CALLS}/${segment(id)}/associations/default/contacts/${segment(contactId)}`,
      sample: { status: "COMPLETE", results: [] },
    })
    yield* keep({ call: { id, contactId, isOnContact: contactId } })
  }
  return { end: "logged", words: `call ${id} on contact ${contactId}` }
}

function* upsert(input: Input<Settings>): Steps<string> {
  const request: Request = {
    purpose: "log the call",
    writesCall: true,
    method: "POST",
    path: `${CALLS}/batch/upsert`,
    body: { inputs: [{ idProperty: KEY, id: input.call.uuid, properties: propertiesOf(input) }] },
    sample: { status: "COMPLETE", results: [{ id: "CALL", new: true }] },
  }
  let answer = yield* ask(request, [BAD_REQUEST])
  // The property was deleted after it was created.
  if (isAboutKey(answer) && input.memory.endpoint["hasKey"] !== undefined) {
    yield* makeKey()
    answer = yield* ask(request)
  }
  // A batch with a refused item is answered with 207.
  return idAt(answer.body, "results", 0, "id") ?? stop(judge(answer, request))
}

const isAboutKey = ({ statusCode, body }: Answer) =>
  statusCode === BAD_REQUEST && JSON.stringify(body).includes(KEY)

/** Without this property, a repeated call would be logged again, so this step is not optional. */
function* makeKey(): Steps<void> {
  const purpose = `make the calls' property ${KEY}`
  const answer = yield* ask(
    {
      purpose,
      method: "POST",
      path: PROPERTIES,
      body: {
        groupName: "call_information",
        name: KEY,
        label: "Ringback call id",
        type: "string",
        fieldType: "text",
        hasUniqueValue: true,
      },
      sample: { name: KEY },
    },
    [CONFLICT, FORBIDDEN],
  )
  // The right to make it is needed once for an account, not for each of its credentials.
  if (answer.statusCode === FORBIDDEN && !isSuccess(yield* readKey()))
    stop(judge(answer, { purpose }))
  yield* keep({ endpoint: { hasKey: "yes" } })
}

const readKey = () =>
  ask(
    {
      purpose: `read the calls' property ${KEY}`,
      method: "GET",
      path: `${PROPERTIES}/${KEY}`,
      sample: { name: KEY, hasUniqueValue: true },
    },
    [NOT_FOUND],
  )

const BAD_REQUEST = 400
const FORBIDDEN = 403
const CONFLICT = 409
const NOT_FOUND = 404

function propertiesOf({ call, settings, fields }: Input<Settings>): Record<string, string> {
  const outcome = outcomeOrNoAnswer(call)
  const disposition = settings.dispositions[outcome] ?? DISPOSITIONS[outcome]
  const { talkSeconds } = call
  return {
    hs_timestamp: isoSeconds(call.startedAt),
    hs_call_title: subjectOf(call),
    hs_call_body: notesOf(call).map(escaped).join("<br>"),
    hs_call_direction: "OUTBOUND",
    hs_call_status: call.isOver ? STATUSES[outcome] : "IN_PROGRESS",
    ...(call.isOver && disposition !== undefined && { hs_call_disposition: disposition }),
    ...(call.isOver && talkSeconds !== null && { hs_call_duration: String(talkSeconds * 1000) }),
    ...(call.number !== null && { hs_call_to_number: call.number }),
    ...textsOf(fields),
  }
}

// HubSpot accepts only strings. An empty one clears a property.
const textsOf = (fields: Record<string, unknown>) =>
  Object.fromEntries(
    Object.entries(fields)
      .filter(([name]) => name !== KEY)
      .map(([name, value]) => [
        name,
        typeof value === "string" ? value : value === null ? "" : JSON.stringify(value),
      ]),
  )

function* check(): Steps {
  yield* ask({
    purpose: "read a contact",
    method: "GET",
    path: `${CONTACTS}?limit=1`,
    sample: { results: [] },
  })
  const key = yield* readKey()
  if (!isSuccess(key))
    return { end: "logged", words: `signed in; the first call creates the property ${KEY}` }
  return at(key.body, "hasUniqueValue") === true
    ? { end: "logged", words: "signed in; all required settings and fields exist" }
    : failed(key, `The values of the calls' property ${KEY} are not unique: delete it in HubSpot`)
}
