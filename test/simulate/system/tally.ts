import { Times } from "../engine/times.ts"
import type { Delivery } from "./delivery.ts"

/** What became of everything. */
export class Tally {
  events = 0
  wanted = 0
  delivered = 0
  failed = 0
  attempts = 0
  /** POSTs of what had been delivered: its write was refused. */
  repeated = 0
  refusedWrites = 0
  parked = 0
  /** Time from reading the PBX event to a 2xx response: first attempts at endpoints not of the vendor. */
  firstMs = new Times()
  /** How much later than planned a retry of others was made. */
  retryLateMs = new Times()
  /** Of what the vendor's endpoints had failed or been kept from. */
  vendorDelivered = 0

  deliver(delivery: Delivery, at: number): void {
    this.delivered++
    const { endpoint, bornAt, tries } = delivery
    if (!endpoint.isAtVendor) {
      if (tries === 0) this.firstMs.add(at - bornAt)
    } else if (delivery.hasItem) this.vendorDelivered++
  }

  get pending(): number {
    return this.wanted - this.delivered - this.failed
  }
}
