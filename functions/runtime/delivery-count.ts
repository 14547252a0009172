import type { DeliveryStatus } from "@ringback/store/delivery"
import type { DeliveryFacts } from "@ringback/store/delivery-facts"
import type { Metrics } from "@ringback/telemetry/metric"

/**
 * Counts a delivery that is no longer pending. One that was held may start again, and is then
 * counted once more.
 */
export function countEnd(
  metrics: Metrics | undefined,
  { tenant, endpointId: endpoint }: Pick<DeliveryFacts, "tenant" | "endpointId">,
  status: DeliveryStatus,
): void {
  if (status === "pending") return
  metrics?.record("ringback_deliveries_total", { status, tenant, endpoint }, 1)
}
