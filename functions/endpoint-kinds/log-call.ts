import { randomUUID } from "node:crypto"
import { matchOf } from "@ringback/connectors/contact"
import { ConnectorSettings, logSteps, NO_CALL } from "@ringback/connectors/kinds"
import { run } from "@ringback/connectors/run"
import {
  isSuccess,
  type Answer,
  type End,
  type Kept,
  type Memory,
  type Request,
} from "@ringback/connectors/step"
import * as Connector from "@ringback/store/connector"
import * as Endpoint from "@ringback/store/endpoint"
import { failedOutcome, type Outcome } from "@ringback/webhooks/attempt-outcome"
import { BUSY } from "@ringback/webhooks/transform"
import * as v from "valibot"
import { openCrm, NoAnswerError, type Crm } from "./crm.ts"
import type { OutboundDeps, Sendable } from "./deps.ts"
import { BusyPersonError, LEASE_MS, makePeople } from "./people.ts"

// A batch of one call that is refused.
const ITEM_REFUSED = [202, 207]
const isAccepted = (answer: Answer) =>
  isSuccess(answer) && !ITEM_REFUSED.includes(answer.statusCode)

const Event = v.looseObject({
  version: v.string(),
  test: v.optional(v.boolean(), false),
  data: v.looseObject({ uuid: v.string() }),
})

/** One attempt to log a call in the endpoint's CRM. */
export async function logCall(
  deps: OutboundDeps,
  endpoint: Endpoint.Endpoint,
  event: Sendable,
): Promise<Outcome> {
  const webhook: unknown = JSON.parse(event.body)
  const read = v.safeParse(Event, webhook)
  // Any event can be sent to an endpoint by a replay.
  if (!read.success) return { ...delivered(NO_CALL, null, 0), isNeutral: true }
  const { data, version, test } = read.output
  const settings = settingsOf(deps, endpoint)
  if (test && deps.crmUrls?.[settings.kind] === undefined)
    return { ...delivered("skipped: a test, which is no call", null, 0), isNeutral: true }
  const fields = await fieldsOf(deps, settings, { realm: endpoint.tenant, body: event.body })
  if ("outcome" in fields) return fields.outcome
  const { tenant, id: endpointId } = endpoint
  const fingerprint = Connector.fingerprintOf(endpoint)
  const call = { tenant, endpointId, fingerprint, uuid: data.uuid, owner: randomUUID() }
  const begun = await Connector.begin(deps.table, call, LEASE_MS)
  if (begun.outcome === "busy")
    return { ...failedOutcome("another attempt is logging this call", 0), isNeutral: true }
  const people = makePeople(deps, call)
  let done: { version: string; eventId: string } | undefined
  try {
    if (begun.version !== undefined && begun.version > version)
      return discarded(`superseded by ${begun.eventId}`)
    const memory: Memory = {
      call: begun.kept,
      endpoint: await Connector.accountOf(deps.table, call),
    }
    const crm = openCrm(deps, endpoint, settings)
    const steps = logSteps({ webhook, settings, fields: fields.values, memory })
    let isWritten = false
    const send = async (request: Request) => {
      const answer = await crm.send(request)
      isWritten ||= request.writesCall === true && isAccepted(answer)
      return answer
    }
    const doing = {
      send,
      keep: keeping(deps, call, memory, people, settings),
      person: people.begin,
    }
    const end = await run(steps, doing).catch((error: unknown) => unansweredEnd(error))
    if (end.end === "logged") done = { version, eventId: event.id }
    return outcomeOf(end, crm, isWritten)
  } catch (error) {
    if (error instanceof BusyPersonError)
      return { ...failedOutcome(error.message, 0), isNeutral: true }
    throw error
  } finally {
    await people.end()
    await Connector.end(deps.table, call, done)
  }
}

/** The settings with their credentials. */
export function settingsOf(
  { table }: Pick<OutboundDeps, "table">,
  endpoint: Endpoint.Endpoint,
): ConnectorSettings {
  return v.parse(ConnectorSettings, {
    ...endpoint.connector,
    auth: Endpoint.openAuth(table, endpoint),
  })
}

type Fields = { values: Record<string, unknown> } | { outcome: Outcome }

/** The result of the settings' `map` for an event. */
export async function fieldsOf(
  { sandbox }: Pick<OutboundDeps, "sandbox">,
  { map }: ConnectorSettings,
  { realm, body }: { realm: string; body: string },
): Promise<Fields> {
  if (map === null) return { values: {} }
  const evaluated = await (await sandbox()).evaluate(realm, map, body)
  if (evaluated.result === "late")
    return { outcome: failedOutcome("connector.map took longer than 50 ms", 0) }
  if (evaluated.result === "busy")
    return { outcome: { ...failedOutcome(BUSY, 0), isNeutral: true } }
  if (evaluated.result === "failed") return { outcome: mapFailed(evaluated.reason) }
  const value: unknown = JSON.parse(evaluated.json ?? "{}")
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value)
  return isObject
    ? { values: value as Record<string, unknown> }
    : { outcome: mapFailed("its value is not an object of fields") }
}

function mapFailed(words: string): Outcome {
  const reason = `connector.map failed: ${words}`
  return { ...failedOutcome(reason, 0), isNeutral: true, final: { status: "failed", reason } }
}

const keeping =
  (
    { table }: OutboundDeps,
    call: Connector.LoggedCall,
    memory: Memory,
    people: ReturnType<typeof makePeople>,
    settings: ConnectorSettings,
  ) =>
  async (more: Partial<Memory> & { person?: Kept }) => {
    if (more.person) await people.keep(more.person)
    if (more.call) {
      // Names the settings by which the contact was found, so it changes with the contact alone.
      const found = more.call["contactId"] === undefined ? {} : { match: matchOf(settings) }
      memory.call = { ...memory.call, ...found, ...people.noteIn(), ...more.call }
      if (!(await Connector.keepCall(table, call, memory.call))) await people.empty()
    }
    if (more.endpoint) {
      memory.endpoint = { ...memory.endpoint, ...more.endpoint }
      await Connector.keepAccount(table, call, memory.endpoint)
    }
  }

function unansweredEnd(error: unknown): End {
  if (!(error instanceof NoAnswerError)) throw error
  return { end: "failed", words: error.message, statusCode: null }
}

function outcomeOf(
  end: End,
  { steps, durationMs }: Pick<Crm, "steps" | "durationMs">,
  isWritten: boolean,
): Outcome {
  const last = steps.at(-1)?.statusCode ?? null
  const known = steps.length > 0 ? { steps } : {}
  if (end.end !== "failed") {
    const words = end.end === "skipped" ? end.words : null
    // A call that was skipped without a request says nothing of the CRM.
    const isNeutral = steps.length === 0
    return { ...delivered(words, last, durationMs()), ...known, isNeutral }
  }
  const { words, statusCode, waitMs } = end
  return {
    ...failedOutcome(words, durationMs()),
    ...known,
    statusCode,
    mayHaveArrived: isWritten || statusCode === null,
    ...(waitMs !== undefined && cappedWait(waitMs)),
  }
}

// A daily limit is the longest limit of any CRM.
const MAX_WAIT_MS = 24 * 3600 * 1000
const cappedWait = (ms: number) => {
  const waitMs = Math.min(ms, MAX_WAIT_MS)
  return { retryAfterMs: waitMs, pauseMs: waitMs }
}

const delivered = (
  words: string | null,
  statusCode: number | null,
  durationMs: number,
): Outcome => ({
  ...failedOutcome("", durationMs),
  ok: true,
  error: words,
  statusCode,
})

const discarded = (reason: string): Outcome => ({
  ...failedOutcome(reason, 0),
  isNeutral: true,
  final: { status: "discarded", reason },
})
