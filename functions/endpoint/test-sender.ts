import { makeSender, type Sender, type SenderOptions } from "@ringback/webhooks/send"

// Somebody waits for a test: 4 s for the answer and one for the words of a failure.
const TIMEOUTS = { lookupMs: 3_000, connectMs: 4_000, totalMs: 4_000, bodyMs: 1_000 }

/** Sends the tests of endpoints: as deliveries are sent, but in 5 s at most. */
export const makeTestSender = (options: Omit<SenderOptions, "timeouts">): Sender =>
  makeSender({ ...options, timeouts: TIMEOUTS })
