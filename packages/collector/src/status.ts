import type { AmiState } from "@ringback/ami/state"

/** What one collector knows of itself: the log line of each minute, /healthz and /metrics are made of it. */
export type Status = {
  source: string
  collector: string
  session: AmiState["name"]
  sessionReason: string | null
  connectedSince: number | null
  lastReadAt: number | null
  sessions: number
  /** By AMI event name. */
  events: Record<string, number>
  synthetic: number
  sent: number
  refused: number
  losses: Record<string, number>
  gaps: Record<string, number>
  spoolDepth: number
  spoolBytes: number
  spoolAgeSeconds: number
  diskTrouble: string | null
  queueTrouble: string | null
  /** Our clock minus the PBX's, in the newest event with a Timestamp. Grows with its delay too. */
  lagSeconds: number | null
  /** How far our clock is ahead of the PBX's; null while it has told no time. */
  clockSkewSeconds: number | null
}

/** Able to do all of its work now. Live it is as long as it answers. */
export const isReady = (status: Status) =>
  status.session === "connected" && status.diskTrouble === null && status.queueTrouble === null
