import { makeSender, type Sender, type SenderOptions } from "@ringback/webhooks/send"

// A person waits for a test: 4 s for the response, and one second to report a failure.
const TIMEOUTS = { lookupMs: 3_000, connectMs: 4_000, totalMs: 4_000, bodyMs: 1_000 }

/** Sends the tests of endpoints, in the same way as deliveries, but in 5 s at most. */
export const makeTestSender = (options: Omit<SenderOptions, "timeouts">): Sender =>
  makeSender({ ...options, timeouts: TIMEOUTS })
