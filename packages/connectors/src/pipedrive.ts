import * as v from "valibot"
import type { Call } from "./call.ts"
import { contactOf } from "./contact.ts"
import type { Connector, Input, SettingsOf } from "./connector.ts"
import { at, idAt, listAt, textAt } from "./json.ts"
import { contacts } from "./pipedrive-contacts.ts"
import { judge } from "./pipedrive-problem.ts"
import { encode, segment } from "./url-segment.ts"
import { dispositionsOf, live, RefreshAuth, TokenAuth } from "./settings.ts"
import { asking, keep, type Steps } from "./step.ts"
import { isoSeconds, sqlTime } from "./time.ts"
import { escaped, isMarked, markerOf, notesOf, outcomeOrNoAnswer, subjectOf } from "./words.ts"

const OUTCOMES = [
  "connected",
  "no_answer",
  "left_message",
  "left_voicemail",
  "wrong_number",
  "busy",
] as const

const settings = {
  auth: v.variant("type", [TokenAuth, RefreshAuth]),
  companyDomain: v.pipe(
    v.string(),
    v.regex(
      /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/,
      "must be the acme of acme.pipedrive.com",
    ),
  ),
  dispositions: dispositionsOf(v.picklist(OUTCOMES)),
  live,
}
type Settings = SettingsOf<typeof settings>

// Pipedrive has no value for the last three: the note has the outcome.
const DISPOSITIONS = {
  answered: "connected",
  busy: "busy",
  no_answer: "no_answer",
  rejected: "busy",
  congestion: "no_answer",
  failed: "no_answer",
}

const ask = asking(judge)

/** Pipedrive: a call log on its person, and an activity while the call goes on. */
export const pipedrive: Connector<typeof settings> = {
  kind: "pipedrive",
  settings,
  baseUrl: ({ companyDomain }) => `https://${companyDomain.toLowerCase()}.pipedrive.com`,
  tokenSource: () => ({ url: "https://oauth.pipedrive.com/oauth/token", client: "basic" }),
  authorize: (token, isOwn) =>
    isOwn ? { "x-api-token": token } : { authorization: `Bearer ${token}` },
  log,
  check,
}

type Activity = { id: string; isLogged: boolean }

/**
 * A call log has no unique field: a log from an earlier attempt is searched for before another one
 * is created.
 */
function* log(input: Input<Settings>): Steps {
  const { call, memory } = input
  const personId = yield* contactOf(contacts, input)
  const known = memory.call["activityId"]
  // An attempt whose answer was lost may have logged it.
  const isUnsure = memory.call["isLogging"] === "yes" && memory.call["isLogged"] !== "yes"
  const activity =
    known === undefined || isUnsure
      ? yield* findActivity(input, personId)
      : { id: known, isLogged: memory.call["isLogged"] === "yes" }
  if (activity?.isLogged) return yield* change(input, personId, activity.id)
  if (!call.isOver) return yield* begin(input, personId, activity)
  // Moved first: if the answer to the call log is lost, it is looked for on this person.
  if (activity !== undefined && isOnAnother(input, personId))
    yield* ask({
      purpose: "move the activity",
      method: "PATCH",
      path: `/api/v2/activities/${segment(activity.id)}`,
      body: { participants: participantsOf(personId) },
      sample: { success: true, data: { id: 1 } },
    })
  if (known !== undefined) yield* keep({ call: { isLogging: "yes" } })
  const answer = yield* ask({
    purpose: "log the call",
    writesCall: true,
    method: "POST",
    path: "/api/v1/callLogs",
    body: callLogOf(input, personId, activity),
    sample: { success: true, data: { id: "LOG", activity_id: 1 } },
  })
  const activityId = idAt(answer.body, "data", "activity_id") ?? activity?.id
  if (activityId !== undefined)
    yield* keep({ call: { activityId, isLogged: "yes", personId, contactId: personId } })
  return { end: "logged", words: `call log ${activityId ?? ""} on person ${personId}` }
}

function* findActivity(input: Input<Settings>, personId: string): Steps<Activity | undefined> {
  const { call } = input
  const since = encode(isoSeconds(call.startedAt - CLOCK_TOLERANCE_MS))
  const answer = yield* ask({
    purpose: "look for what an earlier attempt made",
    method: "GET",
    path: `/api/v2/activities?person_id=${encode(personId)}&updated_since=${since}&sort_by=update_time&sort_direction=desc&limit=500`,
    sample: { success: true, data: [] },
  })
  const ours = listAt(answer.body, "data").filter((each) => isOf(call, each))
  const found = ours.find((each) => at(each, "done") === true) ?? ours[0]
  const id = idAt(found, "id")
  return id === undefined ? undefined : { id, isLogged: at(found, "done") === true }
}

// The tolerance for differences between Pipedrive's clock and the PBX's.
const CLOCK_TOLERANCE_MS = 60 * 60 * 1_000

const isOf = (call: Call, activity: unknown) =>
  [
    textAt(activity, "note"),
    textAt(activity, "subject"),
    textAt(activity, "public_description"),
  ].some((text) => text !== undefined && isMarked(text, call))

/**
 * The call is already logged. New data goes into its activity, because a call log cannot be
 * changed.
 */
function* change(input: Input<Settings>, personId: string, id: string): Steps {
  const { call, fields, memory } = input
  if (!call.isOver)
    return { end: "skipped", words: "skipped: the call was already logged as ended" }
  const isMoved = isOnAnother(input, personId)
  yield* ask({
    purpose: "change the activity",
    writesCall: true,
    method: "PATCH",
    path: `/api/v2/activities/${segment(id)}`,
    body: { ...textsOf(call, fields), ...(isMoved && { participants: participantsOf(personId) }) },
    sample: { success: true, data: { id: 1 } },
  })
  if (isMoved || memory.call["isLogged"] !== "yes")
    yield* keep({ call: { activityId: id, isLogged: "yes", personId, contactId: personId } })
  return { end: "logged", words: `activity ${id} on person ${personId}` }
}

const isOnAnother = ({ memory }: Input<Settings>, personId: string) =>
  (memory.call["personId"] ?? personId) !== personId

const participantsOf = (personId: string) => [{ person_id: Number(personId), primary: true }]

/** An activity that is not done yet. The call log takes it over. */
function* begin({ call, fields }: Input<Settings>, personId: string, activity?: Activity): Steps {
  const words = (id: string) => `activity ${id} on person ${personId}`
  if (activity) return { end: "logged", words: words(activity.id) }
  const [due_date, due_time] = sqlTime(call.startedAt).slice(0, 16).split(" ")
  const answer = yield* ask({
    purpose: "show the running call",
    writesCall: true,
    method: "POST",
    path: "/api/v2/activities",
    body: {
      type: "call",
      due_date,
      due_time,
      participants: participantsOf(personId),
      done: false,
      ...textsOf(call, fields),
    },
    sample: { success: true, data: { id: 1 } },
  })
  const id = idAt(answer.body, "data", "id")
  if (id === undefined) return judge(answer, { purpose: "show the running call" })
  yield* keep({ call: { activityId: id, personId, contactId: personId } })
  return { end: "logged", words: words(id) }
}

function callLogOf(
  { call, settings: given, fields }: Input<Settings>,
  person: string,
  activity?: Activity,
) {
  const outcome = outcomeOrNoAnswer(call)
  return {
    outcome: given.dispositions[outcome] ?? DISPOSITIONS[outcome],
    to_phone_number: call.number ?? "",
    start_time: sqlTime(call.startedAt),
    end_time: sqlTime(call.endedAt),
    ...(call.talkSeconds !== null && { duration: String(call.talkSeconds) }),
    ...(activity ? { activity_id: Number(activity.id) } : { person_id: Number(person) }),
    ...textsOf(call, fields),
  }
}

function textsOf(call: Call, fields: Record<string, unknown>): Record<string, unknown> {
  // The connector sets these two itself: they determine the call's person and activity.
  const { activity_id: _, person_id: _person, note, ...own } = fields
  return { subject: subjectOf(call), ...own, note: noteOf(call, note) }
}

/** `own`: the note of `map`, if it has one. The marker finds the activity again, so it is added. */
function noteOf(call: Call, own: unknown): string {
  if (own === undefined) return `<p>${notesOf(call).map(escaped).join("<br>")}</p>`
  const text = typeof own === "string" ? own : ""
  const marker = markerOf(call)
  return isMarked(text, call) ? text : `${text}<p>${escaped(marker)}</p>`
}

function* check(): Steps {
  yield* ask({
    purpose: "read the user",
    method: "GET",
    path: "/api/v1/users/me",
    sample: { success: true, data: { id: 1 } },
  })
  yield* ask({
    purpose: "search persons",
    method: "GET",
    path: "/api/v2/persons?limit=1",
    sample: { success: true, data: [] },
  })
  return { end: "logged", words: "signed in; persons can be read" }
}
