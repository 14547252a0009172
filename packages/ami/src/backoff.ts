import type { AmiErrorCode } from "./errors.ts"
import type { Tuning } from "./tuning.ts"

/** How long to wait after so many failures in a row: full jitter below a doubling ceiling; a slow lane for refused credentials. */
export function backoffMs(
  failures: number,
  code: AmiErrorCode,
  tuning: Tuning,
  random: () => number,
): number {
  // A PBX may ban an address that hammers it, and each try is a line in its security log.
  if (code === "credentials_refused")
    return between(tuning.refusedMinMs, tuning.refusedMaxMs, random)
  const ceiling = tuning.backoffMinMs * 2 ** Math.min(failures, 30)
  return between(tuning.backoffMinMs, Math.min(ceiling, tuning.backoffMaxMs), random)
}

function between(low: number, high: number, random: () => number): number {
  return Math.round(low + random() * (high - low))
}
