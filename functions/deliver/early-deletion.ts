import { DeleteMessageBatchCommand, type SQSClient } from "@aws-sdk/client-sqs"
import type { SQSRecord } from "aws-lambda"
import { reasonOf, type Log } from "../runtime/log.ts"
import { everySteadyTick } from "../runtime/steady-ticks.ts"

// Lambda deletes the messages of a batch when the whole batch has ended. One POST that takes its 15
// s therefore keeps up to nine finished messages in the queue, and a crash in that time repeats
// them all. Ending the batch early is not an option: the POST that is still open would continue in
// a frozen process, and its outcome would be lost. So the function itself deletes the finished
// messages after waiting for one second. That costs one more request, but none if all POSTs of a
// batch are quick. Lambda's second deletion at the end is not an error.
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
 * Deletes the messages of finished deliveries while the rest of the batch is running, about one
 * second after they were added. `settle` is awaited first: all effects of the delivery, such as its
 * retry, must be out before.
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

  // Messages that could not be deleted leave the queue at the end, with the rest.
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
    /** The batch has ended. Logs what was deleted early, if anything was. */
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

// All records of a batch are from one queue. The last part of the ARN and of the URL is the queue's
// name.
function queueUrlOf({ queues }: DeletionDeps, { eventSourceARN }: SQSRecord): string {
  const name = eventSourceARN.split(":").at(-1)
  const url = [queues.deliveryUrl, queues.retryUrl].find((each) => each.endsWith(`/${name}`))
  if (url === undefined) throw new Error(`${name} is neither the delivery nor the retry queue`)
  return url
}
