import type { Deps } from "@ringback/functions/api/deps"
import type { Stack } from "./stack.ts"

/** Where the queues of a test's stack are, as the functions are told it. */
export const queueUrlsOf = (stack: Stack): Deps["queues"] => ({
  ingestUrl: stack.queues.Ingest.url,
  deliveryUrl: stack.queues.Delivery.url,
  retryUrl: stack.queues.Retry.url,
  jobsUrl: stack.queues.Jobs.url,
  rejectedUrl: stack.rejectedUrl,
  deadLetters: {
    ingest: stack.queues.Ingest.deadLetterUrl,
    delivery: stack.queues.Delivery.deadLetterUrl,
    retry: stack.queues.Retry.deadLetterUrl,
    jobs: stack.queues.Jobs.deadLetterUrl,
  },
})
