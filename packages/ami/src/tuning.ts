/** The timeouts of a session. The defaults suit Asterisk; tests shorten them. */
export type Tuning = {
  /**
   * Interval of pings in an idle session. A silent peer is detected after interval + deadline:
   * within 15 s.
   */
  pingIntervalMs: number
  /**
   * Time limit for an answer to an action, a ping or a login step. After that the session is
   * dropped.
   */
  answerDeadlineMs: number
  /** The same between two rows of a list. Asterisk answers nothing else while it writes one. */
  listDeadlineMs: number
  /** Time limit for TCP and TLS together. */
  connectDeadlineMs: number
  backoffMinMs: number
  backoffMaxMs: number
  /** A session of this length resets the back-off. */
  stableAfterMs: number
  /** After a session of this length, the next failure of any kind raises an alarm again. */
  calmAfterMs: number
  /** Range of the delay after refused credentials. */
  refusedMinMs: number
  refusedMaxMs: number
  /** Time limit to read the stream's end after a logoff. */
  farewellMs: number
  /** Time for which `renew` reads both sessions, because data may still arrive on the old one. */
  overlapMs: number
}

export const TUNING: Tuning = {
  pingIntervalMs: 4_800,
  answerDeadlineMs: 10_000,
  // A peer that falls silent in a list is dropped after this, a ping and its deadline: within 45 s.
  listDeadlineMs: 25_000,
  connectDeadlineMs: 10_000,
  backoffMinMs: 250,
  backoffMaxMs: 30_000,
  // Short, because a long back-off would leave us disconnected most of the time on an unstable
  // network.
  stableAfterMs: 2_000,
  calmAfterMs: 60_000,
  refusedMinMs: 30_000,
  refusedMaxMs: 40_000,
  farewellMs: 1_000,
  overlapMs: 1_000,
}
