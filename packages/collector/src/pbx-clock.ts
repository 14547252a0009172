import { PeerClock } from "@ringback/ami/peer-clock"
import type { Log } from "./log.ts"

// Two collectors must give the same times to events that both missed. Skews that may be network
// delay are ignored.
const NOISE_MS = 100
const OFF_MS = 2_000
// Ingest accepts coverage only from collectors whose clocks differ by less than two minutes.
const ALARM_MS = 60_000

type Level = "ok" | "off" | "far"

/**
 * Measures the collector's clock minus its PBX's. Ingest compares collectors by the PBX's clock.
 */
export class PbxClock {
  /** Updated by the session's pings. */
  readonly peer = new PeerClock()
  readonly #log: Log
  #skewMs: number | undefined
  #level: Level = "ok"

  /** `knownMs`: the skew measured by an earlier run. */
  constructor(log: Log, knownMs?: number) {
    this.#log = log
    this.#skewMs = knownMs
  }

  /** Undefined until the PBX has sent a time. */
  get skewMs(): number | undefined {
    return this.#skewMs
  }

  /** Adopts the new measurement. True if the skew changed. */
  update(): boolean {
    const measured = this.peer.skewMs
    if (measured === null) return false
    this.#logLevelChange(measured)
    const isNew = Math.abs(measured - (this.#skewMs ?? Infinity)) > NOISE_MS
    if (isNew) this.#skewMs = measured
    return isNew
  }

  #logLevelChange(skewMs: number): void {
    const level = levelOf(Math.abs(skewMs))
    if (level === this.#level) return
    this.#level = level
    if (level === "ok") return this.#log("clock.ok", { skewMs })
    const reason = `our clock is ${describeSkew(skewMs)}`
    this.#log("clock.off", { alarm: level === "far", skewMs, reason, fix: CLOCK_FIX })
  }
}

function levelOf(offMs: number): Level {
  if (offMs <= OFF_MS) return "ok"
  return offMs <= ALARM_MS ? "off" : "far"
}

/** The skew as text. */
export function describeSkew(skewMs: number): string {
  const seconds = (Math.abs(skewMs) / 1_000).toFixed(1)
  return `${seconds} s ${skewMs < 0 ? "behind" : "ahead of"} the PBX's`
}

export const CLOCK_FIX = "NTP on both: the times of gaps are reported by the PBX's clock"

/** Whether the skew is large enough to log. */
export const isOff = (skewMs: number) => levelOf(Math.abs(skewMs)) !== "ok"
