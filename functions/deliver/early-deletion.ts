import { DeleteMessageBatchCommand, type SQSClient } from "@aws-sdk/client-sqs"
import type { SQSRecord } from "aws-lambda"
import { reasonOf, type Log } from "../runtime/log.ts"
import { everySteadyTick } from "../runtime/steady-ticks.ts"

// Lambda deletes the messages of a batch when the whole of it has ended, so that one POST that takes its 15 s keeps up to
// nine in the queue that are done, and a crash meanwhile repeats them all. To end the batch early is no way out: the
// POST that is still open would go on in a frozen process, and its outcome be lost. So the function itself deletes what
// is done once it has waited for a second. That costs a request more, but never where all POSTs of a batch are quick; what
// Lambda deletes once more at the end is no error.
const TICK_MS = 250
const MAX_TICKS = 4
const MAX_ENTRIES = 10

type Done = { record: SQSRecord; since: number }

export type DeletionDeps = {
  sqs: SQSClient
  queues: { deliveryUrl: string; retryUrl: string }
  log: Log
}

/**
 * Deletes what is done while the rest of its batch is not, about a second after it was added. `settle` is awaited
 * before: all that the delivery brought about (its retry, say) must be out first.
 */
export function startEarlyDeletion(deps: DeletionDeps, settle: () => Promise<void>) {
  const done: Done[] = []
  let ticks = 0
  let deleting: Promise<void> = Promise.resolve()
  const counts = { deleted: 0, maxWaitMs: 0 }

  const stop = everySteadyTick(TICK_MS, () => {
    if (done.length === 0 || ++ticks < MAX_TICKS) return
    const group = done.splice(0, MAX_ENTRIES)
    ticks = 0
    deleting = deleting.then(() => deleteSafely(group))
  })

  // What could not be deleted leaves the queue at the end, with the rest.
  async function deleteSafely(group: Done[]) {
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
      deps.log("messages.early-deletion.failed", { reason: reasonOf(error) })
    }
    note(group)
  }

  function note(group: Done[]) {
    const now = performance.now()
    for (const { since } of group) counts.maxWaitMs = Math.max(counts.maxWaitMs, now - since)
  }

  return {
    /** The record's outcome is written. */
    add: (record: SQSRecord) => void done.push({ record, since: performance.now() }),
    /** The batch has ended. The log says what was deleted early, if anything was. */
    async close() {
      stop()
      await deleting
      if (counts.deleted === 0) return
      note(done)
      const { deleted, maxWaitMs } = counts
      deps.log("messages.early-deletion", { deleted, maxWaitMs: Math.round(maxWaitMs) })
    },
  }
}

// A batch is of one queue; which, say the last part of its ARN and of its URL.
function queueUrlOf({ queues }: DeletionDeps, { eventSourceARN }: SQSRecord): string {
  const name = eventSourceARN.split(":").at(-1)
  const url = [queues.deliveryUrl, queues.retryUrl].find((each) => each.endsWith(`/${name}`))
  if (url === undefined) throw new Error(`${name} is neither the delivery nor the retry queue`)
  return url
}
