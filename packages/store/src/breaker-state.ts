import { announceChange } from "./changes.ts"
import { healthShard } from "./due.ts"
import { changeHealth, type Health } from "./health.ts"
import type { Table } from "./table.ts"

// The circuit breaker's part of an endpoint's health, with one conditional write per transition.
// functions/endpoint/breaker.ts has the table of states and transitions. While the breaker is open
// or waking, the endpoint's own entry is in the index of due entries.

export const isOpen = ({ state }: Health) => state === "resting"

/** Counts consecutive failures. Returns the resulting health. */
export async function recordFailures(
  table: Table,
  tenant: string,
  endpointId: string,
  count: number,
) {
  return changeHealth(table, tenant, endpointId, {
    update:
      "SET failures = if_not_exists(failures, :zero) + :count, failingSince = if_not_exists(failingSince, :now), endpointId = :endpointId",
    values: { ":zero": 0, ":count": count, ":now": table.now(), ":endpointId": endpointId },
  })
}

/**
 * Records a success: the failures are cleared, and an open breaker becomes waking. Undefined if
 * there was nothing to clear.
 */
export async function close(table: Table, tenant: string, endpointId: string) {
  const woken = await changeHealth(table, tenant, endpointId, {
    update:
      "SET #state = :waking, wokenAt = :now, dueShard = :shard, dueAt = :now REMOVE failures, failingSince, leaseUntil, wake",
    condition: "#state = :resting",
    names: { "#state": "state" },
    values: {
      ":waking": "waking",
      ":resting": "resting",
      ":shard": healthShard(endpointId),
      ":now": table.now(),
    },
  })
  if (woken) return woken
  return changeHealth(table, tenant, endpointId, {
    update: "REMOVE failures, failingSince",
    condition:
      "attribute_exists(failingSince) AND (attribute_not_exists(#state) OR #state <> :resting)",
    names: { "#state": "state" },
    values: { ":resting": "resting" },
  })
}

/**
 * Opens the breaker. From here on only probes are sent: the endpoint's own entry is due at
 * `probeAt`. Undefined if it is already open.
 */
export async function open(table: Table, tenant: string, endpointId: string, probeAt: number) {
  await announceChange(table, tenant)
  return changeHealth(table, tenant, endpointId, {
    update: "SET #state = :resting, dueShard = :shard, dueAt = :at, endpointId = :endpointId",
    condition: "attribute_not_exists(#state) OR #state <> :resting",
    names: { "#state": "state" },
    values: {
      ":resting": "resting",
      ":shard": healthShard(endpointId),
      ":at": probeAt,
      ":endpointId": endpointId,
    },
  })
}

/** Takes the right to one probe, for `leaseMs`. Undefined if another worker has it. */
export async function takeProbe(table: Table, tenant: string, endpointId: string, leaseMs: number) {
  const now = table.now()
  return changeHealth(table, tenant, endpointId, {
    update: "SET leaseUntil = :until",
    condition: "attribute_not_exists(leaseUntil) OR leaseUntil <= :now",
    values: { ":until": now + leaseMs, ":now": now },
  })
}

/** The right to a probe was not used. Undefined if the breaker is closed. */
export async function returnProbe(table: Table, tenant: string, endpointId: string) {
  return changeHealth(table, tenant, endpointId, {
    update: "REMOVE leaseUntil",
    condition: "#state = :resting",
    names: { "#state": "state" },
    values: { ":resting": "resting" },
  })
}

/** Nothing is parked any more: the endpoint's entry leaves the index. */
export async function endWaking(table: Table, tenant: string, endpointId: string) {
  return changeHealth(table, tenant, endpointId, {
    update: "REMOVE #state, wokenAt, dueShard, dueAt",
    condition:
      "attribute_exists(dueShard) AND (attribute_not_exists(#state) OR #state <> :resting)",
    names: { "#state": "state" },
    values: { ":resting": "resting" },
  })
}

/**
 * Corrects the start of the failures to `at`, when a delivery succeeded. The failures before it are
 * cleared.
 */
export async function failingFrom(
  table: Table,
  tenant: string,
  endpointId: string,
  since: number,
  at: number,
) {
  return changeHealth(table, tenant, endpointId, {
    update: "SET failingSince = :from, failures = :zero",
    condition: "failingSince = :since",
    // One ms later in any case, so that the same delivery is not found again.
    values: { ":from": Math.max(at, since) + 1, ":zero": 0, ":since": since },
  })
}

/**
 * Clears the breaker's state: the endpoint was enabled again, or deleted. Slots stay as they are: pending
 * deliveries may have some.
 */
export async function resetAndWake(table: Table, tenant: string, endpointId: string) {
  return changeHealth(table, tenant, endpointId, {
    update:
      "SET #state = :waking, wokenAt = :now, dueShard = :shard, dueAt = :now, endpointId = :endpointId REMOVE failures, failingSince, leaseUntil, pausedUntil, wake",
    names: { "#state": "state" },
    values: {
      ":waking": "waking",
      ":shard": healthShard(endpointId),
      ":now": table.now(),
      ":endpointId": endpointId,
    },
    condition: "attribute_exists(pk)",
  })
}
