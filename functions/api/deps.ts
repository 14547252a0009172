import type { Table } from "@ringback/store/table"
import type { Resolve } from "@ringback/webhooks/resolve"
import type { UrlRules } from "@ringback/webhooks/url"
import type { Outbound } from "../endpoint-kinds/send-by-kind.ts"
import type { Log } from "../runtime/log.ts"
import type { SqsSender } from "../messages/send.ts"

/** The queues that a worker reads, each with a dead-letter queue. */
export const QUEUE_NAMES = ["ingest", "delivery", "retry", "jobs"] as const
export type QueueName = (typeof QUEUE_NAMES)[number]

type Queues = Record<`${QueueName}Url`, string> & {
  rejectedUrl: string
  deadLetters: Record<QueueName, string>
}

/** The collaborators of the API. */
export type Deps = {
  table: Table
  sqs: SqsSender
  queues: Queues
  operatorKey: string
  /** The public URL of this API. It comes from the settings, never from a request. */
  origin: string
  /** Sends the test webhook of an endpoint. Takes 5 s at most. */
  testOutbound: Outbound
  /** The rules for endpoint URLs. */
  urlRules: UrlRules & {
    resolve: Resolve
    /** Whether the operator can give an endpoint a loopback URL. True on one machine only. */
    operatorLoopback?: boolean
  }
  /** The maximum number of resources per tenant. Existing resources above it are kept. */
  limits: { endpoints: number; keys: number; sources: number }
  /** The requests per second that each tenant's key can make. 0: no limit. */
  rateLimit: number
  version: string
  log: Log
}
