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
  /** Maximum messages per second. */
  sendRate?: number
  /** Names of AMI events to forward in addition to the dialler's. */
  amiEvents?: readonly string[]
  /** Null (default): no /healthz and /metrics. 0: any free port. */
  healthPort?: number | null
  healthHost?: string
  /** Called with the duration of each SQS call. */
  onBatch?: (durationMs: number) => void
  /** Absent: nothing is traced. */
  tracing?: Tracing
  log: Log
  /** Used for the AMI session and for all recorded times. */
  clock?: Clock
  /** Absent: every HEARTBEAT_SECONDS, at times of its own: see heartbeat.ts. */
  heartbeatMs?: number
  /** The API that validates the token. Without a URL the token is not validated. */
  apiUrl?: string
  tokenCheckMs?: number
  /** Time between the two reads of the PBX's lists after a gap. */
  confirmMs?: number
  tuning?: Partial<Tuning>
}
