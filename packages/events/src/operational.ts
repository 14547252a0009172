import * as v from "valibot"
import { idSchema, Time } from "./schema.ts"

type Operational = {
  type: string
  description: string
  /** The schema of `data`. */
  data: v.GenericSchema
  example: Record<string, unknown>
  /** Whether the event concerns a source and contains its id. */
  isOfSource: boolean
}

const ENDPOINT = "ep_06fzk3vq8r2m5x0c9d7g4h1jtw"
const EVENT = "evt_2kq9v4c8m1x7r3t5z0b6n2d8f4h9j1ga"

/** The events that Ringback itself sends to a tenant. */
export const operationalTypes = [
  {
    type: "source.gap",
    description:
      "For a while no collector read the PBX, or what was read could not be kept: what happened meanwhile may be missing.",
    isOfSource: true,
    data: v.looseObject({
      from: Time,
      to: Time,
      reason: v.string(),
      inferred: v.pipe(
        v.record(v.string(), v.pipe(v.number(), v.integer())),
        v.description("How many events were inferred from the PBX's lists, by type"),
      ),
    }),
    example: {
      from: "2026-11-22T06:27:41.031000000Z",
      to: "2026-11-22T06:29:12.847000000Z",
      reason: "the session with the PBX was lost",
      inferred: { "campaign.updated": 1, "dialing.deleted": 2 },
    },
  },
  {
    type: "endpoint.disabled",
    description:
      "An endpoint gets nothing more until it is enabled again; what it wanted is held for it.",
    isOfSource: false,
    data: v.looseObject({
      endpointId: idSchema("ep", 26),
      url: v.pipe(
        v.string(),
        v.description("The origin of its URL: paths and queries may hold its receiver's secret"),
      ),
      reason: v.picklist(["gone", "failing", "manual"]),
      failingSince: v.nullable(Time),
    }),
    example: {
      endpointId: ENDPOINT,
      url: "https://crm.example.com",
      reason: "failing",
      failingSince: "2026-11-17T06:28:03.114000000Z",
    },
  },
  {
    type: "delivery.exhausted",
    description: "All attempts of a delivery failed; it is kept, and can be retried or recovered.",
    isOfSource: false,
    data: v.looseObject({
      deliveryId: idSchema("dlv", 32),
      eventId: idSchema("evt", 32),
      endpointId: idSchema("ep", 26),
      attempts: v.pipe(v.number(), v.integer()),
    }),
    example: {
      deliveryId: "dlv_0d3j8s5q7n2w6y9b1k4m0r5t8x3c7v2z",
      eventId: EVENT,
      endpointId: ENDPOINT,
      attempts: 10,
    },
  },
] as const satisfies readonly Operational[]
