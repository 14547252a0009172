import type { Attempt } from "@ringback/store/delivery"
import type { Endpoint } from "./tenants.ts"

/** One event on its way to one endpoint. Only what has failed once has an item of more than a line. */
export type Delivery = {
  endpoint: Endpoint
  /** When the PBX said it. */
  bornAt: number
  /** When it was to be tried, for a retry: how late it is, is told by it. */
  plannedAt: number
  turn: number
  tries: number
  attempts: Attempt[]
  status: "pending" | "delivered" | "failed"
  hasItem: boolean
  dueAt: number | undefined
  /** The `dueAt` for which it was claimed in place. */
  sentFor?: number
  dueShard: number
  isParked: boolean
  slot: number | undefined
}

export const newDelivery = (endpoint: Endpoint, bornAt: number, dueShard: number): Delivery => ({
  endpoint,
  bornAt,
  plannedAt: bornAt,
  turn: 0,
  tries: 0,
  attempts: NONE,
  status: "pending",
  hasItem: false,
  dueAt: undefined,
  dueShard,
  isParked: false,
  slot: undefined,
})

// Most have no attempt that anything is asked of later.
const NONE: Attempt[] = []

/** A message of the delivery or of the retry queue. */
export type Message = { delivery: Delivery; turn: number; isMoved: boolean; isProbe: boolean }

export const messageOf = (delivery: Delivery): Message => ({
  delivery,
  turn: delivery.turn,
  isMoved: false,
  isProbe: false,
})
