import type { AmiErrorCode } from "./errors.ts"

/**
 * How the client stands. `connecting`: the first attempt. `connected`: logged in. `waiting`: not logged in, trying
 * again. `refused`: the same for credentials that the PBX does not take. `closed`: by `close`, for good.
 */
export type AmiState = {
  name: "connecting" | "connected" | "waiting" | "refused" | "closed"
  /** Epoch ms of this change. */
  at: number
  /** Why not connected, in plain words; null in `connecting` and `connected`. */
  reason: string | null
  code: AmiErrorCode | null
  /** True for the first failure of its kind since a stable session: what is worth an alarm line. */
  isAlarm: boolean
  /** Failed attempts in a row. */
  failures: number
  /** Epoch ms of the next attempt; null where none is due. */
  retryAt: number | null
  /** Epoch ms since when there has been a session without a break (`renew` makes none); null while there is none. */
  connectedSince: number | null
  /** Epoch ms when the PBX was last heard in a session; null before the first login. A gap begins here. */
  lastReadAt: number | null
  /** The line with which the PBX greets, such as `Asterisk Call Manager/2.10.6`. */
  banner: string | null
  /** Whether the PBX had announced its end, and its return (`Shutdown`, `Restart: True`), before this session ended. */
  shutdown: { restart: boolean } | null
}

/** Before the first attempt to connect. */
export const INITIAL: Omit<AmiState, "at"> = {
  name: "connecting",
  reason: null,
  code: null,
  isAlarm: false,
  failures: 0,
  retryAt: null,
  connectedSince: null,
  lastReadAt: null,
  banner: null,
  shutdown: null,
}
