import type { AmiErrorCode } from "./errors.ts"
import type { Tuning } from "./tuning.ts"

/**
 * The delay after a number of consecutive failures: full jitter below a doubling limit, and longer
 * for refused credentials.
 */
export function backoffMs(
  failures: number,
  code: AmiErrorCode,
  tuning: Tuning,
  random: () => number,
): number {
  // A PBX may ban addresses that retry often, and it logs each attempt as a security event.
  if (code === "credentials_refused")
    return between(tuning.refusedMinMs, tuning.refusedMaxMs, random)
  const ceiling = tuning.backoffMinMs * 2 ** Math.min(failures, 30)
  return between(tuning.backoffMinMs, Math.min(ceiling, tuning.backoffMaxMs), random)
}

function between(low: number, high: number, random: () => number): number {
  return Math.round(low + random() * (high - low))
}
