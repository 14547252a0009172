import type { AmiErrorCode } from "./errors.ts"

/**
 * The state of the client. `connecting`: first attempt. `connected`: logged in. `waiting`: not
 * logged in, will retry. `refused`: the same, because the PBX refused the credentials. `closed`:
 * closed by `close`, final.
 */
export type AmiState = {
  name: "connecting" | "connected" | "waiting" | "refused" | "closed"
  /** Epoch ms of this change. */
  at: number
  /** Why it is not connected, as text; null in `connecting` and `connected`. */
  reason: string | null
  code: AmiErrorCode | null
  /** True for the first failure of its kind since a stable session, which should raise an alarm. */
  isAlarm: boolean
  /** Failed attempts in a row. */
  failures: number
  /** Epoch ms of the next attempt; null if none is planned. */
  retryAt: number | null
  /**
   * Epoch ms since when there has been a session without a break (`renew` makes none); null without
   * one.
   */
  connectedSince: number | null
  /** Epoch ms of the last data from the PBX; null before the first login. A gap starts here. */
  lastReadAt: number | null
  /** The PBX's greeting, such as `Asterisk Call Manager/2.10.6`. */
  banner: string | null
  /** The shutdown that the PBX announced in this session (`Shutdown`, `Restart: True`), if any. */
  shutdown: { restart: boolean } | null
}

/** The state before the first attempt. */
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
