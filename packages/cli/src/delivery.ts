import * as v from "valibot"
import type { Column } from "./table.ts"
import type { Style } from "./terminal.ts"
import { timeText } from "./time.ts"

export const statuses = ["pending", "delivered", "failed", "held", "discarded"]

export const Delivery = v.looseObject({
  id: v.string(),
  eventId: v.string(),
  eventType: v.string(),
  endpointId: v.string(),
  status: v.string(),
  attemptCount: v.number(),
  nextAttemptAt: v.nullable(v.string()),
  createdAt: v.string(),
})
export type Delivery = v.InferOutput<typeof Delivery>

const STYLES: Record<string, Style> = {
  delivered: "green",
  failed: "red",
  held: "yellow",
  pending: "cyan",
  discarded: "dim",
}

export const deliveryColumns: Column<Delivery>[] = [
  { title: "received", text: ({ createdAt }, isNarrow) => timeText(createdAt, isNarrow) },
  { title: "event", text: ({ eventType }) => eventType, isFlexible: true },
  { title: "status", text: ({ status }) => status, style: ({ status }) => STYLES[status] },
  { title: "tries", text: ({ attemptCount }) => `${attemptCount}`, isExtra: true },
  {
    title: "next",
    text: ({ nextAttemptAt }, isNarrow) => timeText(nextAttemptAt, isNarrow),
    isExtra: true,
  },
  { title: "endpoint", text: ({ endpointId }) => endpointId, isExtra: true },
  { title: "id", text: ({ id }) => id },
]
