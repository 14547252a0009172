import { makeSender, type Sender, type SenderOptions } from "@ringback/webhooks/send"

/** A person waits for a test: 4 s for all responses, signing in included, and one second to report a failure. */
export const TEST_LIMIT_MS = 4_000
const TIMEOUTS = {
  lookupMs: 3_000,
  connectMs: TEST_LIMIT_MS,
  totalMs: TEST_LIMIT_MS,
  bodyMs: 1_000,
}

/** Sends the tests of endpoints, in the same way as deliveries, but in 5 s at most. */
export const makeTestSender = (options: Omit<SenderOptions, "timeouts">): Sender =>
  makeSender({ ...options, timeouts: TIMEOUTS })
