import type { Action } from "./action.ts"
import type { Clock } from "./clock.ts"
import type { ListResult } from "./dialogue.ts"
import type { AmiMessage } from "./message.ts"
import type { DroppedMessage } from "./parser.ts"
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
  maxMessageBytes?: number
  clock?: Clock
  tuning?: Partial<Tuning>
}

/** Keeps one session with a PBX open for ever: begins at once, gives up only at `close`. */
export declare class AmiClient {
  constructor(options: AmiClientOptions)
  get state(): AmiState
  /** The response, whether it says Success or Error. Rejects with an AmiError when there is no session, or it ended. */
  send(action: Action): Promise<AmiMessage>
  /** All rows of a Show action. Its rows are not given to `onMessage`. Rejects as `send` does. */
  list(action: Action): Promise<ListResult>
  /**
   * Make before break: logs a session in (with these settings, or the same again), reads both for a moment, then ends
   * the old one. Rejects with an AmiError where the new session cannot be opened, and goes on with the old one.
   * Without a session it only takes the settings over and tries at once.
   */
  renew(target?: AmiTarget): Promise<void>
  /** Logs off and reads to the end of the stream. */
  close(): Promise<void>
}
