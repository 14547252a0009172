import type { Clock } from "./clock.ts"
import type { AmiMessage } from "./message.ts"
import type { DroppedMessage } from "./parser.ts"
import type { PeerClock } from "./peer-clock.ts"
import type { AmiTarget } from "./session.ts"
import type { AmiState } from "./state.ts"
import type { Tuning } from "./tuning.ts"

export type AmiClientOptions = AmiTarget & {
  /**
   * Called at once with every message that is not a response to this client's actions, in wire order.
   * The socket is never paused, so it must be fast. `receivedAt` is epoch ms, one value for each read.
   */
  onMessage: (message: AmiMessage, receivedAt: number) => void
  /**
   * Called on every state change, before any message of a new session. A repeated failure is not a
   * change.
   */
  onState?: (state: AmiState) => void
  /** Called for a message that was too large, or cut off by the end of its stream. */
  onDropped?: (dropped: DroppedMessage, at: number) => void
  /**
   * Called when this process was suspended from that time (epoch ms), before anything else is read.
   * Data read next may be as old, so `lastReadAt` stays there until the PBX has answered again.
   */
  onStall?: (since: number) => void
  maxMessageBytes?: number
  clock?: Clock
  /** Estimates the PBX's clock from its answers to pings. */
  peerClock?: PeerClock
  tuning?: Partial<Tuning>
}
