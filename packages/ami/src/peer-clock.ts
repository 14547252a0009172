import { type AmiMessage, header } from "./message.ts"

type Skew = { ms: number; errorMs: number }

/**
 * Measures our clock minus a peer's. Each answer to a Ping has the peer's time, read between our
 * send and receive times. Their midpoint is wrong by at most half the round trip.
 */
export class PeerClock {
  #skew: Skew | undefined

  /**
   * Whole milliseconds; negative if our clock is behind, null before the first answer with a time.
   */
  get skewMs(): number | null {
    return this.#skew ? Math.round(this.#skew.ms) : null
  }

  /** An answer to a Ping sent at `askedAt`, and when it was read. */
  note(pong: AmiMessage, askedAt: number, answeredAt: number): void {
    const stamp = header(pong, "Timestamp")
    const peerMs = Number(stamp) * 1_000
    // Our clock was set back during the request.
    if (stamp === undefined || !(peerMs > 0) || answeredAt < askedAt) return
    const errorMs = (answeredAt - askedAt) / 2
    const next = { ms: askedAt + errorMs - peerMs, errorMs }
    if (!this.#skew || errorMs <= this.#skew.errorMs || this.#isRefutedBy(next)) this.#skew = next
  }

  // The fastest answer is the most precise one, until a slower one proves that a clock was set or
  // has drifted.
  #isRefutedBy({ ms, errorMs }: Skew): boolean {
    return Math.abs(ms - this.#skew!.ms) > errorMs + this.#skew!.errorMs
  }
}
