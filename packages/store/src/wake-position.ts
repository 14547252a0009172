import { changeHealth, type Health } from "./health.ts"
import type { Table } from "./table.ts"

// How far the job is that sends what was parked with an endpoint: a part of the endpoint's health. Each step of the job is
// taken by one write, so that of two jobs, or two copies of a message, one goes on.

/** After that the job is taken for dead, and another may begin. */
export const WAKE_LEASE_MS = 3 * 60_000

export const isWaking = ({ wake }: Health, now: number) => wake !== undefined && wake.until > now

/**
 * Takes a step that begins at `at` with that rate; the number of the next. `step`: of the one before; undefined at the
 * beginning. Undefined where another job is at work.
 */
export async function takeStep(
  table: Table,
  tenant: string,
  endpointId: string,
  { step, rate, at }: { step: number | undefined; rate: number; at: number },
): Promise<number | undefined> {
  const now = table.now()
  // From a clock, so that a message of a job before this one fits no step of this one.
  const next = step === undefined ? now : step + 1
  const taken = await changeHealth(table, tenant, endpointId, {
    update: "SET #wake = :wake, endpointId = :endpointId",
    condition:
      step === undefined
        ? "attribute_not_exists(#wake) OR #wake.#until <= :now"
        : "#wake.#step = :step",
    names: {
      "#wake": "wake",
      ...(step === undefined ? { "#until": "until" } : { "#step": "step" }),
    },
    values: {
      ":wake": { step: next, rate, until: Math.ceil(at) + WAKE_LEASE_MS },
      ":endpointId": endpointId,
      ...(step === undefined ? { ":now": now } : { ":step": step }),
    },
  })
  return taken && next
}

/** The job ends: the next one need not wait for its lease. */
export async function endWake(table: Table, tenant: string, endpointId: string, step: number) {
  return changeHealth(table, tenant, endpointId, {
    update: "REMOVE #wake",
    condition: "#wake.#step = :step",
    names: { "#wake": "wake", "#step": "step" },
    values: { ":step": step },
  })
}
