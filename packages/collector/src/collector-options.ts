import type { Clock } from "@ringback/ami/clock"
import type { AmiTarget } from "@ringback/ami/session"
import type { Tuning } from "@ringback/ami/tuning"
import type { Tracing } from "@ringback/telemetry/tracing"
import type { Sqs } from "./batch.ts"
import type { Log } from "./log.ts"

export type CollectorOptions = {
  ami: AmiTarget
  sourceToken: string
  ingestQueueUrl: string
  sqs: Sqs
  spoolDir: string
  spoolMaxMb?: number
  /** Messages a second, at the most. */
  sendRate?: number
  /** AMI events to forward beside those of the dialler, by name. */
  amiEvents?: readonly string[]
  /** Null (default): no /healthz and /metrics. 0: any free port. */
  healthPort?: number | null
  healthHost?: string
  /** The time of each call of the queue. */
  onBatch?: (durationMs: number) => void
  /** Absent: nothing is traced. */
  tracing?: Tracing
  log: Log
  /** Time, for the PBX's session and all that is written down. */
  clock?: Clock
  heartbeatMs?: number
  /** Where to ask whether the token is good; without it nobody is asked. */
  apiUrl?: string
  tokenCheckMs?: number
  /** How far apart the PBX's lists are asked for twice after a gap. */
  confirmMs?: number
  tuning?: Partial<Tuning>
}
