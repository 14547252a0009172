import type { Clock } from "./clock.ts"
import type { AmiMessage } from "./message.ts"
import type { DroppedMessage } from "./parser.ts"
import type { PeerClock } from "./peer-clock.ts"
import type { AmiTarget } from "./session.ts"
import type { AmiState } from "./state.ts"
import type { Tuning } from "./tuning.ts"

export type AmiClientOptions = AmiTarget & {
  /**
   * Every message that answers no action of this client, at once, in the order of the wire: also responses that nobody
   * waits for. The socket is never paused, so this must be quick. receivedAt is epoch milliseconds, one for each read.
   */
  onMessage: (message: AmiMessage, receivedAt: number) => void
  /** Every change, before any message of the new session. The same failure again is no change. */
  onState?: (state: AmiState) => void
  /** A message that was too large, or cut off by the end of its stream. */
  onDropped?: (dropped: DroppedMessage, at: number) => void
  /**
   * This process stood still since then (epoch ms), and goes on. What is read next may have waited as long: `lastReadAt` stays
   * there until the PBX has answered anew. Called before any of that.
   */
  onStall?: (since: number) => void
  maxMessageBytes?: number
  clock?: Clock
  /** Learns the PBX's clock from its answers to pings. */
  peerClock?: PeerClock
  tuning?: Partial<Tuning>
}
