import { SendMessageCommand } from "@aws-sdk/client-sqs"
import type { SQSRecord } from "aws-lambda"
import { identify, type Identity } from "@ringback/events/identity"
import {
  openMessage,
  toAscii,
  type EventMessage,
  type OpenedMessage,
} from "@ringback/events/message"
import { type Translated, translate } from "@ringback/events/translate"
import { noteEnd } from "@ringback/store/ended"
import { claim } from "@ringback/store/event"
import { boundHeaders, fitHeaders } from "@ringback/store/pack"
import { hashOf } from "@ringback/store/item-keys"
import * as Source from "@ringback/store/source"
import type { Table } from "@ringback/store/table"
import { sentAtOf } from "../runtime/batch.ts"
import type { Cache } from "../runtime/cache.ts"
import type { CallDeps } from "../calls/call.ts"
import { erasureOf, type ErasedDeps } from "./erased.ts"
import { callEvents } from "../calls/call-events.ts"
import type { Received } from "./ingest-outcome.ts"
import { receiveListedRecord } from "./listed-record.ts"
import { DEFERRED_SECONDS, receiveCollectorReport } from "./collector-report.ts"
import { judgeInference } from "./inference.ts"

export type ReceiveDeps = CallDeps &
  ErasedDeps & {
    queues: { ingestUrl: string; rejectedUrl: string }
    /** Sources, at most ten seconds old. */
    sources: Cache<Source.Known | undefined>
  }

type Opened = Extract<OpenedMessage, { ok: true }>

export async function receive(deps: ReceiveDeps, record: SQSRecord): Promise<Received> {
  const opened = openMessage(record.body)
  if (!opened.ok) return reject(deps, record, opened.reason)
  const verified = await verifySource(deps, opened)
  if (!verified.ok) return reject(deps, record, verified.reason)
  const { source } = verified
  if (verified.isDeleted) return { outcome: "discarded", reason: `${source.id} was deleted` }
  const { message } = opened
  // The attribute has been called `holds` from the start. It is not signed, so it may have any
  // value: at worst, the message is deferred as often as a new one.
  const deferrals = Math.max(0, Number(record.messageAttributes?.["holds"]?.stringValue ?? 0))
  if (message.kind === "record")
    return { ...(await receiveListedRecord(deps, source, message)), source: source.id }
  const heardAt = sentAtOf(record, deps.table.now())
  const received =
    message.kind === "event"
      ? await accept(deps, record, source, message, deferrals)
      : await receiveCollectorReport(deps, source, message, { deferrals, heardAt })
  if (received.outcome === "deferred") await defer(deps, record, deferrals)
  if (message.kind !== "event") return { ...received, source: source.id }
  // Without its headers, which would take memory until the end of the batch.
  const { headers: _, ...rest } = message
  return { ...received, source: source.id, message: rest }
}

const LARGE_LENGTH = 128 * 1024

/** Whether the message takes so much memory that a batch cannot have many of its kind at once. */
export const isLarge = ({ body }: SQSRecord): boolean => body.length > LARGE_LENGTH

type Verified = ({ ok: true } & Source.Known) | { ok: false; reason: string }

/**
 * The source whose key signed the message, or why there is none. The source is read again before a
 * message is rejected, and for a heartbeat, which changes it. A deleted source has no keys left, so
 * its messages are discarded whoever signed them.
 */
async function verifySource(deps: ReceiveDeps, opened: Opened): Promise<Verified> {
  const { tenant, source: id } = opened.message
  const key = `${tenant}/${id}`
  const isHeartbeat = opened.message.kind === "heartbeat"
  const cached = isHeartbeat
    ? undefined
    : await deps.sources.get(key, () => Source.getKnown(deps.table, tenant, id))
  if (cached && isFrom(deps.table, cached, opened)) return { ok: true, ...cached }
  const known = await Source.getKnown(deps.table, tenant, id, { consistent: true })
  if (!known) return { ok: false, reason: `there is no source ${id}` }
  if (!isFrom(deps.table, known, opened))
    return { ok: false, reason: `not signed with a valid key of ${id}` }
  deps.sources.set(key, known)
  return { ok: true, ...known }
}

function isFrom(
  table: Table,
  { source, isDeleted }: Source.Known,
  { keyId, verify }: Opened,
): boolean {
  if (isDeleted) return true
  const key = Source.keysOf(table, source).find((each) => each.keyId === keyId)
  return key !== undefined && verify(key.key)
}

async function accept(
  deps: ReceiveDeps,
  record: SQSRecord,
  { tenant, id: source, collectors }: Source.Source,
  message: EventMessage,
  deferrals: number,
): Promise<Received> {
  const headers = boundHeaders(message.headers)
  const translated = translate(headers, { receivedAt: message.receivedAt })
  if (!translated)
    return reject(deps, record, "no event's name, or a very long one, in its first header")
  const { synthetic } = message
  const end = endIn(translated)
  const judged = synthetic
    ? await judgeInference(deps.table, { tenant, source, synthetic, end, deferrals })
    : undefined
  if (judged?.isDeferred) return { outcome: "deferred" }
  const refuted = judged?.refuted
  // One collector alone knows what it heard itself.
  const isErased = await erasureOf(deps, tenant, message.headers)
  const isHeard = !synthetic && !message.test
  if (end && !isErased && isHeard && Object.keys(collectors).length > 1)
    await noteEnd(deps.table, tenant, source, end)
  const { stored, truncated: isCut } = fitHeaders(headers)
  const truncated = isCut || headers.length < message.headers.length
  const claimed = await claim(deps.table, {
    tenant,
    ...identityOf(message, refuted !== undefined),
    type: translated.type,
    source,
    uuid: !isErased && fits(translated.subject) ? translated.subject : null,
    message: message.id,
    receivedAt: message.receivedAt,
    content: isErased ? { erased: true } : stored,
    synthetic: synthetic?.gap,
    refuted,
    truncated,
    test: message.test,
  })
  if (claimed.outcome === "duplicate") return { outcome: "duplicate" }
  const again = claimed.outcome === "again"
  // The stored event may belong to the receipt of another message, or have less than this message.
  // Then it is translated again.
  const isStored = claimed.event.receivedAt === message.receivedAt && !truncated && !isErased
  const accepted = {
    tenant,
    event: claimed.event,
    again,
    ...(isStored && !isLarge(record) && { translated }),
  }
  const calls = await callEvents(deps, {
    tenant,
    event: claimed.event,
    translated,
    gapEnd: judged?.gapEnd,
  })
  return { outcome: "accepted", accepted: [accepted, ...calls] }
}

// A refuted event must not block the same inference after another gap, which may be correct.
function identityOf(message: EventMessage, isRefuted: boolean): Identity {
  const identity = identify(message)
  if (!isRefuted) return identity
  const hash = hashOf("refuted", identity.hash.toString("hex"), message.synthetic?.gap ?? "")
  return { ...identity, hash }
}

/** The record that is deleted by this event. */
const endIn = ({ type, subject }: Translated) =>
  type.endsWith(".deleted") && fits(subject) ? `${type}/${subject}` : undefined

// A longer Uuid cannot be queried, and the headers stored with it may fill the item.
const MAX_UUID_LENGTH = 200
const fits = (uuid: string | null) => uuid !== null && uuid.length <= MAX_UUID_LENGTH

/**
 * Sends the same message again with a delay. A crash before the old one is deleted leaves two
 * messages, which is harmless.
 */
async function defer(
  { sqs, queues }: ReceiveDeps,
  { body, attributes }: SQSRecord,
  deferrals: number,
) {
  const { MessageGroupId } = attributes
  await sqs.send(
    new SendMessageCommand({
      QueueUrl: queues.ingestUrl,
      MessageBody: body,
      DelaySeconds: DEFERRED_SECONDS,
      ...(MessageGroupId !== undefined && { MessageGroupId }),
      MessageAttributes: { holds: { DataType: "Number", StringValue: String(deferrals + 1) } },
    }),
  )
}

// SQS accepts 1 MiB with the attributes. Anyone who may send to the queue can send as much, and a
// message that could not be rejected would come again a hundred times.
const MAX_REJECTED_BYTES = 1024 * 1024 - 4096

const startOf = (body: string) =>
  Buffer.byteLength(body) <= MAX_REJECTED_BYTES
    ? body
    : Buffer.from(body).toString("latin1", 0, MAX_REJECTED_BYTES).replace(NOT_ASCII, "?")

const NOT_ASCII = /[^\x20-\x7e]/g

// Not the dead-letter queue: messages that we send there ourselves could not be redriven.
async function reject(deps: ReceiveDeps, { body }: SQSRecord, reason: string): Promise<Received> {
  await deps.sqs.send(
    new SendMessageCommand({
      QueueUrl: deps.queues.rejectedUrl,
      MessageBody: startOf(body),
      MessageAttributes: {
        reason: { DataType: "String", StringValue: toAscii(reason) },
      },
    }),
  )
  return { outcome: "rejected", reason }
}
