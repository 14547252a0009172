import { randomBytes } from "node:crypto"
import { identify } from "@ringback/events/identity"
import { makeId } from "@ringback/events/ids"
import type { EventMessage } from "@ringback/events/message"
import type { Pair } from "./capture.ts"

const SOURCE = makeId("src", 1)
const RECEIVED_AT = 1_795_329_004_731

/** The event as one collector sends it: its own message id, its own clock. */
export function sent(headers: Pair[], rest: Partial<EventMessage> = {}): EventMessage {
  return {
    v: 1,
    kind: "event",
    id: randomBytes(16).toString("base64url"),
    tenant: makeId("ten", 1),
    source: SOURCE,
    collector: randomBytes(16).toString("base64url"),
    receivedAt: RECEIVED_AT + Math.floor(Math.random() * 1000),
    headers,
    ...rest,
  }
}

export const keyOf = (message: EventMessage) => {
  const { timeNanos, hash } = identify(message)
  return `${timeNanos} ${hash.toString("hex")}`
}
/** The keys of the same headers from two collectors. */
export const twins = (headers: Pair[]) => [keyOf(sent(headers)), keyOf(sent(headers))] as const
export const isSame = (one: Pair[], other: Pair[]) => keyOf(sent(one)) === keyOf(sent(other))
