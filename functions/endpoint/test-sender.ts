import { makeSender, type Sender, type SenderOptions } from "@ringback/webhooks/send"

/** Somebody waits for a test: 4 s for all answers, signing in included, and one for the words of a failure. */
export const TEST_LIMIT_MS = 4_000
const TIMEOUTS = {
  lookupMs: 3_000,
  connectMs: TEST_LIMIT_MS,
  totalMs: TEST_LIMIT_MS,
  bodyMs: 1_000,
}

/** Sends the tests of endpoints: as deliveries are sent, but in 5 s at most. */
export const makeTestSender = (options: Omit<SenderOptions, "timeouts">): Sender =>
  makeSender({ ...options, timeouts: TIMEOUTS })
