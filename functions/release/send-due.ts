import type { SQSClient } from "@aws-sdk/client-sqs"
import pMap from "p-map"
import type { DueEntry } from "@ringback/store/due"
import type { Table } from "@ringback/store/table"
import { messageForEntry, outgoing } from "../messages/delivery.ts"
import { takeDue } from "../messages/retry-transport.ts"
import { sendAll } from "../messages/send.ts"
import { reasonOf, type Log } from "../runtime/log.ts"

export type SendDueDeps = {
  table: Table
  sqs: SQSClient
  queues: { retryUrl: string }
  log: Log
}

type SendDueOptions = {
  /** When its attempt is due, epoch ms. */
  timeOf?: (entry: DueEntry) => number
  claimsAtOnce?: number
  /** See `takeDue`. */
  moves?: boolean
  /** Whether this caller may send it. Only one of several that try may. */
  claim?: (entry: DueEntry) => Promise<boolean>
}

const CLAIMS_AT_ONCE = 10
// What is claimed and not sent when the process dies is sent late.
const CLAIMED_BEFORE_SENDING = 50

/**
 * Sends deliveries to the retry queue, each for its time, and returns how many. Each is claimed
 * before it is sent: after a crash in between it is released again, never lost.
 */
export async function sendDue(
  deps: SendDueDeps,
  entries: DueEntry[],
  {
    timeOf = ({ dueAt }) => dueAt,
    claimsAtOnce = CLAIMS_AT_ONCE,
    moves = false,
    claim = (entry) => takeDue(deps.table, entry, { moves }),
  }: SendDueOptions = {},
): Promise<number> {
  let sent = 0
  for (let start = 0; start < entries.length; start += CLAIMED_BEFORE_SENDING) {
    const some = entries.slice(start, start + CLAIMED_BEFORE_SENDING)
    const claimed = await pMap(some, (each) => claimSafely(deps, each, claim), {
      concurrency: claimsAtOnce,
    })
    sent += await sendClaimed(
      deps,
      some.filter((_, index) => claimed[index]),
      timeOf,
    )
  }
  return sent
}

/** Sends deliveries that were claimed, each for its time. */
async function sendClaimed(
  { table, sqs, queues }: SendDueDeps,
  entries: DueEntry[],
  timeOf: (entry: DueEntry) => number,
): Promise<number> {
  const now = table.now()
  const messages = entries.map((entry) => ({
    ...outgoing(messageForEntry(entry, now)),
    delaySeconds: Math.max(0, Math.ceil((timeOf(entry) - now) / 1000)),
  }))
  const failed = await sendAll(sqs, queues.retryUrl, messages)
  return messages.length - failed.size
}

// A delivery that cannot be claimed must not block those that were.
async function claimSafely(
  deps: SendDueDeps,
  entry: DueEntry,
  claim: (entry: DueEntry) => Promise<boolean>,
): Promise<boolean> {
  try {
    return await claim(entry)
  } catch (error) {
    deps.log("claim.failed", { endpointId: entry.endpointId, reason: reasonOf(error) })
    return false
  }
}
