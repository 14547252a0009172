import type { Endpoint } from "@ringback/store/endpoint"

/** The new status of a delivery whose endpoint is disabled or deleted. */
export type Stop = { status: "held" | "discarded"; reason: string }

export type Availability = { ok: true; endpoint: Endpoint } | { ok: false; stop: Stop }

/** Whether deliveries to this endpoint are attempted. Undefined: the endpoint no longer exists. */
export function availabilityOf(endpoint: Endpoint | undefined): Availability {
  if (!endpoint) {
    return { ok: false, stop: { status: "discarded", reason: wasDeleted("endpoint") } }
  }
  if (!endpoint.disabled) return { ok: true, endpoint }
  const reason = `the endpoint is disabled (${endpoint.disabledReason})`
  return { ok: false, stop: { status: "held", reason } }
}

export const wasDeleted = (what: "endpoint" | "source" | "tenant") => `the ${what} was deleted`
