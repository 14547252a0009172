import { bodyOf } from "@ringback/functions/dispatch/stored-event-body"
import { idOf as deliveryIdOf } from "@ringback/store/delivery"
import { idOf, type StoredEvent } from "@ringback/store/event"
import type { Receipt } from "./receipts.ts"
import type { KeptDelivery } from "./records.ts"
import type { Made, World } from "./world.ts"

type Told = { type: string; version: string; data: { uuid?: string } }

/** Of one record of the PBX, or of one call: what has an order between them. Said once more, for it is on trial. */
const subjectOf = ({ type, data }: Told) =>
  data.uuid === undefined || /^(dllist|queue)\./.test(type)
    ? undefined
    : `${type.startsWith("call.") ? "call" : "record"} ${data.uuid}`

// Nothing is inferred here, so each delete is a real one.
const isFinal = ({ type }: Told) => type.endsWith(".deleted")

const isOlder = (told: Told, accepted: Told) =>
  !isFinal(told) && (isFinal(accepted) || told.version < accepted.version)

/** At an endpoint whose order is `latest` nothing came that was older than what it had taken. */
export function checkOrder(
  world: World,
  events: StoredEvent[],
  deliveries: Map<string, KeptDelivery>,
  problems: string[],
): number {
  const { customer, receipts } = world
  const told = new Map(
    events.map((event) => [idOf(event), JSON.parse(bodyOf(customer.tenant, event)) as Told]),
  )
  let superseded = 0
  for (const made of world.endpoints.filter((each) => each?.planned.order === "latest")) {
    checkReceipts(made, receipts.all, problems)
    for (const delivery of deliveries.values()) {
      const by = supersederOf(delivery)
      if (delivery.endpointId !== made.endpoint.id || by === undefined) continue
      superseded++
      const [own, newer] = [told.get(delivery.eventId), told.get(by)]
      const isRight = own && newer && subjectOf(own) === subjectOf(newer) && isOlder(own, newer)
      if (!isRight) problems.push(`${deliveryIdOf(delivery)} is not superseded by ${by}`)
    }
  }
  return superseded
}

function checkReceipts({ endpoint }: Made, all: Receipt[], problems: string[]): void {
  const taken = new Map<string, Told[]>()
  for (const { endpointId, eventId, body, isTaken } of all) {
    const told = JSON.parse(body) as Told
    const subject = subjectOf(told)
    if (endpointId !== endpoint.id || subject === undefined) continue
    const before = taken.get(subject) ?? []
    if (before.some((accepted) => isOlder(told, accepted)))
      problems.push(`OUT OF ORDER: ${told.type} ${eventId} at ${endpointId}`)
    if (isTaken) taken.set(subject, [...before, told])
  }
}

/** By which event it is superseded, if it is. */
export const supersederOf = ({ status, reason }: KeptDelivery): string | undefined =>
  status === "discarded" ? /^superseded by (evt_\w+)$/.exec(reason ?? "")?.[1] : undefined
