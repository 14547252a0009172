import { type AmiMessage, header } from "./message.ts"

type Skew = { ms: number; errorMs: number }

/**
 * How far our clock is ahead of a peer's. It tells its own time in every answer to a Ping, some time between our asking and
 * our hearing: the middle of the two is off by half the round trip at most.
 */
export class PeerClock {
  #skew: Skew | undefined

  /** In whole milliseconds; negative where ours is behind, null before the first answer that tells a time. */
  get skewMs(): number | null {
    return this.#skew ? Math.round(this.#skew.ms) : null
  }

  /** An answer to what was asked at `askedAt`, and when it was read. */
  note(pong: AmiMessage, askedAt: number, answeredAt: number): void {
    const stamp = header(pong, "Timestamp")
    const peerMs = Number(stamp) * 1_000
    // Our own clock was set back meanwhile.
    if (stamp === undefined || !(peerMs > 0) || answeredAt < askedAt) return
    const errorMs = (answeredAt - askedAt) / 2
    const next = { ms: askedAt + errorMs - peerMs, errorMs }
    if (!this.#skew || errorMs <= this.#skew.errorMs || this.#isRefutedBy(next)) this.#skew = next
  }

  // A quick answer is the better one for as long as no slower one shows that a clock was set, or has drifted.
  #isRefutedBy({ ms, errorMs }: Skew): boolean {
    return Math.abs(ms - this.#skew!.ms) > errorMs + this.#skew!.errorMs
  }
}
