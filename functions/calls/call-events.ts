import type { Action, RecordKind } from "@ringback/events/ami-event-kinds"
import { callFactsOf, callMoments, callTypeOf, type CallMoment } from "@ringback/events/call"
import { translate, type Translated } from "@ringback/events/translate"
import { versionOf } from "@ringback/events/version"
import * as Event from "@ringback/store/event"
import * as Record from "@ringback/store/record"
import { subscribesTo } from "@ringback/webhooks/subscription"
import { stopForEvent } from "../dispatch/event-stop.ts"
import { endpointsOf, type Accepted, type FanOutDeps } from "../dispatch/fan-out.ts"
import type { JobOf } from "../messages/job.ts"
import { endCall, noteCall, type CallDeps, type DialingEvent } from "./call.ts"

/** An event of the PBX, claimed and translated. */
type Claimed = {
  tenant: string
  event: Event.StoredEvent
  translated: Translated
  /** For an inferred event: when the gap ended, epoch ms, if known. */
  gapEnd?: number | undefined
}

/**
 * The call events that result from a dialler event, claimed and ready to be sent. Records that a
 * call refers to (its campaign, its contact) are stored on the way. Costs nothing if no endpoint of
 * the tenant subscribes to calls.
 */
export async function callEvents(deps: CallDeps, claimed: Claimed): Promise<Accepted[]> {
  const { tenant, event, translated } = claimed
  const [kind, action] = translated.type.split(".") as [RecordKind, Action]
  if (stopForEvent(event)) return []
  if (event.uuid === null || event.source === null) return []
  if (kind !== "dialing") {
    const { source, uuid, test } = event
    await noteRecord(deps, { tenant, source, uuid, test }, translated)
    return []
  }
  const wanted = await wantedMoments(deps, tenant, event.source)
  return wanted.size === 0 ? [] : noteCall(deps, dialingEventOf(claimed, action), wanted)
}

// A collector lists the records once a day. What it does not list any more was deleted.
const UNWANTED_MS = 2 * 24 * 3600 * 1000

/**
 * Stores the last known state of a record that calls refer to, if an endpoint subscribes to calls.
 * What a collector lists is stored for two days for endpoints to come, except for people.
 */
export async function noteRecord(
  deps: FanOutDeps,
  { tenant, source, uuid, test }: { tenant: string } & Omit<Record.RecordRef, "kind">,
  { type, timestamp, data }: Pick<Translated, "type" | "timestamp" | "data">,
  isListed = false,
): Promise<void> {
  const [kind, action] = type.split(".") as [Record.StoredKind, Action]
  if (!Record.storedKinds.includes(kind)) return
  const isWanted = (await wantedMoments(deps, tenant, source)).size > 0
  if (!isWanted && !(isListed && kind !== "dllist")) return
  const version = versionOf(type, timestamp)
  const isDeleted = action === "deleted"
  const record = { kind, source, uuid, test, version, data, isDeleted }
  await Record.write(deps.table, tenant, record, isWanted ? undefined : UNWANTED_MS)
}

/** The end of a call whose earlier events might still arrive. */
export async function endWaitingCall(
  deps: CallDeps,
  { tenant, eventId }: JobOf<"call">,
): Promise<Accepted[]> {
  const event = await Event.get(deps.table, tenant, eventId, { consistent: true })
  if (!event?.source || event.erased) return []
  const translated = translate(Event.headersOf(event), { receivedAt: event.receivedAt })
  if (!translated) return []
  const action = translated.type.split(".")[1] as Action
  const wanted = await wantedMoments(deps, tenant, event.source)
  return endCall(deps, dialingEventOf({ tenant, event, translated }, action), wanted)
}

function dialingEventOf(
  { tenant, event, translated, gapEnd }: Claimed,
  action: Action,
): DialingEvent {
  return {
    tenant,
    source: event.source!,
    uuid: event.uuid!,
    event,
    action,
    translated,
    facts: callFactsOf(translated),
    isTest: event.test === true,
    gapEnd: event.synthetic === undefined ? undefined : (gapEnd ?? event.receivedAt),
  }
}

// A disabled endpoint counts: its deliveries are held.
async function wantedMoments(
  deps: FanOutDeps,
  tenant: string,
  source: string,
): Promise<Set<CallMoment>> {
  const endpoints = await endpointsOf(deps, tenant)
  return new Set(
    callMoments.filter((moment) =>
      endpoints.some((endpoint) => subscribesTo(endpoint, { type: callTypeOf(moment), source })),
    ),
  )
}
