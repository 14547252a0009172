import { DeleteMessageBatchCommand, type SQSClient } from "@aws-sdk/client-sqs"
import type { SQSRecord } from "aws-lambda"
import { reasonOf, type Log } from "../runtime/log.ts"
import { everySteadyTick } from "../runtime/steady-ticks.ts"

// Lambda deletes the messages of a batch when the whole of it has ended, so that one POST that takes its 15 s keeps up to
// nine in the queue that are done, and a crash meanwhile repeats them all. To end the batch early is no way out: the
// POST that is still open would go on in a frozen process, and its outcome be lost. So the function itself deletes what
// is done once it was held for a second. That costs a request more, but never where all POSTs of a batch are quick; what
// Lambda deletes once more at the end is no error.
const TICK_MS = 250
const MAX_TICKS = 4
const MAX_ENTRIES = 10

type Held = { record: SQSRecord; since: number }

export type HeldDeps = {
  sqs: SQSClient
  queues: { deliveryUrl: string; retryUrl: string }
  log: Log
}

/**
 * Deletes what is done, and is held by the rest of its batch, about a second after it was added. `settle` is awaited
 * before: all that the delivery brought about (its retry, say) must be out first.
 */
export function watchHeld(deps: HeldDeps, settle: () => Promise<void>) {
  const held: Held[] = []
  let ticks = 0
  let deleting: Promise<void> = Promise.resolve()
  const counts = { deleted: 0, maxHeldMs: 0 }

  const stop = everySteadyTick(TICK_MS, () => {
    if (held.length === 0 || ++ticks < MAX_TICKS) return
    const group = held.splice(0, MAX_ENTRIES)
    ticks = 0
    deleting = deleting.then(() => deleteSafely(group))
  })

  // What could not be deleted leaves the queue at the end, with the rest.
  async function deleteSafely(group: Held[]) {
    try {
      await settle()
      const Entries = group.map(({ record: { receiptHandle } }, index) => ({
        Id: String(index),
        ReceiptHandle: receiptHandle,
      }))
      const QueueUrl = queueUrlOf(deps, group[0]!.record)
      const answer = await deps.sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }))
      counts.deleted += answer.Successful?.length ?? 0
    } catch (error) {
      deps.log("messages.held.failed", { reason: reasonOf(error) })
    }
    note(group)
  }

  function note(group: Held[]) {
    const now = performance.now()
    for (const { since } of group) counts.maxHeldMs = Math.max(counts.maxHeldMs, now - since)
  }

  return {
    /** The record's outcome is written. */
    add: (record: SQSRecord) => void held.push({ record, since: performance.now() }),
    /** The batch has ended. Says in the log what it held back, where that was anything to speak of. */
    async close() {
      stop()
      await deleting
      if (counts.deleted === 0) return
      note(held)
      const { deleted, maxHeldMs } = counts
      deps.log("messages.held", { deleted, maxHeldMs: Math.round(maxHeldMs) })
    },
  }
}

// A batch is of one queue; which, say the last part of its ARN and of its URL.
function queueUrlOf({ queues }: HeldDeps, { eventSourceARN }: SQSRecord): string {
  const name = eventSourceARN.split(":").at(-1)
  const url = [queues.deliveryUrl, queues.retryUrl].find((each) => each.endsWith(`/${name}`))
  if (url === undefined) throw new Error(`${name} is neither the delivery nor the retry queue`)
  return url
}
