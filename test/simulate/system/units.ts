import { perDelivery, perEvent, type Use } from "../../../infra/unit-costs.ts"

/** What the models do not count themselves, as it was counted for infra/COST.md in a run of the real handlers. */
export function charge(usage: Use, of: "event" | "delivery", times = 1): void {
  const { logBytes, storedBytes, egressBytes } = of === "event" ? perEvent : perDelivery
  usage.logBytes += times * logBytes
  usage.storedBytes += times * storedBytes
  usage.egressBytes += times * egressBytes
}
