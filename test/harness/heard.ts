import { randomBytes } from "node:crypto"
import type { GapMessage, HeartbeatMessage } from "@ringback/events/message"
import type { Customer } from "./system.ts"

// What collectors say of themselves, as of now.

export const makeMessageId = () => randomBytes(16).toString("base64url")

const common = ({ tenant, source }: Customer, collector: string) => ({
  v: 1 as const,
  id: makeMessageId(),
  tenant,
  source: source.source.id,
  collector,
  receivedAt: Date.now(),
})

export const heartbeat = (
  customer: Customer,
  collector: string,
  connectedSince: number | null,
): HeartbeatMessage => ({
  ...common(customer, collector),
  kind: "heartbeat",
  version: "0.1.0",
  connectedSince,
  spoolDepth: 0,
  spoolAgeSeconds: 0,
})

export const gapMessage = (
  customer: Customer,
  collector: string,
  gap: { from: number; to: number; id?: string; reason?: string },
): GapMessage => ({
  ...common(customer, collector),
  kind: "gap",
  gap: { id: makeMessageId(), reason: "disconnected", inferred: { "campaign.updated": 1 }, ...gap },
})
