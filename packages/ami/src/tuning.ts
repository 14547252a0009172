/** The times by which a session is judged. The defaults are what Asterisk needs; tests shorten them. */
export type Tuning = {
  /** An idle session is pinged this often. A silence shows after interval + deadline at the latest: under 15 s. */
  pingIntervalMs: number
  /** No answer to an action, a ping or a step of the login in this time: the session is dropped. */
  answerDeadlineMs: number
  /** The same between two rows of a list: Asterisk answers nothing else while it makes one. */
  listDeadlineMs: number
  /** TCP and TLS together. */
  connectDeadlineMs: number
  backoffMinMs: number
  backoffMaxMs: number
  /** A session that lasted this long sets the back-off to its start again. */
  stableAfterMs: number
  /** A session that lasted this long makes the next failure of any kind worth an alarm again. */
  calmAfterMs: number
  /** Refused credentials are tried again after a time between these two. */
  refusedMinMs: number
  refusedMaxMs: number
  /** After a goodbye the stream is read this long for its end. */
  farewellMs: number
  /** In `renew` both sessions are read for this long: what is under way on the old one may still arrive. */
  overlapMs: number
}

export const TUNING: Tuning = {
  pingIntervalMs: 4_800,
  answerDeadlineMs: 10_000,
  // A peer that falls silent within a list is left after this, a ping and its deadline: in less than 45 s.
  listDeadlineMs: 25_000,
  connectDeadlineMs: 10_000,
  backoffMinMs: 250,
  backoffMaxMs: 30_000,
  // Short: on a network that flaps every few seconds a long back-off would keep us away for most of the time.
  stableAfterMs: 2_000,
  calmAfterMs: 60_000,
  refusedMinMs: 30_000,
  refusedMaxMs: 40_000,
  farewellMs: 1_000,
  overlapMs: 1_000,
}
