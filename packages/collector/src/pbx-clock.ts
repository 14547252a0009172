import { PeerClock } from "@ringback/ami/peer-clock"
import type { Log } from "./log.ts"

// Twins must put the same times on what both of them missed, so what may be the network's delay changes nothing.
const NOISE_MS = 100
const OFF_MS = 2_000
// Ingest compares collectors whose clocks are up to two minutes apart: none that is nearer to its PBX can be beyond that.
const ALARM_MS = 60_000

type Level = "right" | "off" | "far"

/** How far this collector's clock is ahead of its PBX's, by which ingest compares collectors. */
export class PbxClock {
  /** For the session: learns from its pings. */
  readonly peer = new PeerClock()
  readonly #log: Log
  #skewMs: number | undefined
  #level: Level = "right"

  /** `knownMs`: what an earlier run had measured. */
  constructor(log: Log, knownMs?: number) {
    this.#log = log
    this.#skewMs = knownMs
  }

  /** Undefined while the PBX has told no time. */
  get skewMs(): number | undefined {
    return this.#skewMs
  }

  /** Takes over what was measured. True where it is something new. */
  look(): boolean {
    const measured = this.peer.skewMs
    if (measured === null) return false
    this.#say(measured)
    const isNew = Math.abs(measured - (this.#skewMs ?? Infinity)) > NOISE_MS
    if (isNew) this.#skewMs = measured
    return isNew
  }

  #say(skewMs: number): void {
    const level = levelOf(Math.abs(skewMs))
    if (level === this.#level) return
    this.#level = level
    if (level === "right") return this.#log("clock.right", { skewMs })
    const reason = `our clock is ${describeSkew(skewMs)}`
    this.#log("clock.off", { alarm: level === "far", skewMs, reason, mend: CLOCK_MEND })
  }
}

function levelOf(offMs: number): Level {
  if (offMs <= OFF_MS) return "right"
  return offMs <= ALARM_MS ? "off" : "far"
}

/** In words. */
export function describeSkew(skewMs: number): string {
  const seconds = (Math.abs(skewMs) / 1_000).toFixed(1)
  return `${seconds} s ${skewMs < 0 ? "behind" : "ahead of"} the PBX's`
}

export const CLOCK_MEND = "NTP on both: times of gaps are told by the PBX's clock"

/** Whether that is worth a word. */
export const isOff = (skewMs: number) => levelOf(Math.abs(skewMs)) !== "right"
