import { changeHealth, type Health } from "./health.ts"
import type { Table } from "./table.ts"

// The progress of the job that sends an endpoint's parked deliveries. It is a part of the
// endpoint's health. Each step of the job is claimed by one write, so that of two jobs, or two
// copies of a message, only one continues.

/** After this time the job is considered dead, and another one can start. */
export const WAKE_LEASE_MS = 3 * 60_000

export const isWaking = ({ wake }: Health, now: number) => wake !== undefined && wake.until > now

/**
 * Claims a step that begins at `at` with this rate, and returns the number of the next step.
 * `step`: the number from the previous step, undefined at the start. Undefined if another job is
 * running.
 */
export async function takeStep(
  table: Table,
  tenant: string,
  endpointId: string,
  { step, rate, at }: { step: number | undefined; rate: number; at: number },
): Promise<number | undefined> {
  const now = table.now()
  // Derived from a clock, so that a message of an earlier job matches no step of this one.
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

/** Ends the job: the next one need not wait for its lease. */
export async function endWake(table: Table, tenant: string, endpointId: string, step: number) {
  return changeHealth(table, tenant, endpointId, {
    update: "REMOVE #wake",
    condition: "#wake.#step = :step",
    names: { "#wake": "wake", "#step": "step" },
    values: { ":step": step },
  })
}
