import type { AmiState } from "@ringback/ami/state"

/** The status of one collector, used for the log line of each minute, /healthz and /metrics. */
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
  /** Our clock minus the Timestamp of the newest event. Includes the event's delay. */
  lagSeconds: number | null
  /** Our clock minus the PBX's; null until the PBX has sent a time. */
  clockSkewSeconds: number | null
}

/** Whether the collector can do all of its work now. It is live as long as it answers. */
export const isReady = (status: Status) =>
  status.session === "connected" && status.diskTrouble === null && status.queueTrouble === null
