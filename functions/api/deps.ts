import type { Table } from "@ringback/store/table"
import type { Resolve } from "@ringback/webhooks/resolve"
import type { Sender } from "@ringback/webhooks/send"
import type { UrlRules } from "@ringback/webhooks/url"
import type { Log } from "../runtime/log.ts"
import type { SqsSender } from "../messages/send.ts"

/** The queues that a worker reads, each with a dead-letter queue. */
export const QUEUE_NAMES = ["ingest", "delivery", "retry", "jobs"] as const
export type QueueName = (typeof QUEUE_NAMES)[number]

type Queues = Record<`${QueueName}Url`, string> & {
  rejectedUrl: string
  deadLetters: Record<QueueName, string>
}

/** What the API works with. */
export type Deps = {
  table: Table
  sqs: SqsSender
  queues: Queues
  operatorKey: string
  /** Where browsers reach this API: from its settings, never from a request. */
  origin: string
  /** Sends an endpoint's test, in 5 s at most. */
  testSender: Pick<Sender, "send">
  /** Which URLs an endpoint may have. */
  urlRules: UrlRules & {
    resolve: Resolve
    /** Whether the operator may give an endpoint a loopback URL: on one machine only. */
    operatorLoopback?: boolean
  }
  /** How many a tenant may have; what is more already stays. */
  limits: { endpoints: number; keys: number; sources: number }
  /** Requests a second that each tenant's key may make; 0: no limit. */
  rateLimit: number
  version: string
  log: Log
}
