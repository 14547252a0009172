import type { SQSClient } from "@aws-sdk/client-sqs"
import * as Endpoint from "@ringback/store/endpoint"
import * as Health from "@ringback/store/health"
import type { Table } from "@ringback/store/table"
import type { Metrics } from "@ringback/telemetry/metric"
import type { Tracing } from "@ringback/telemetry/tracing"
import type { Cache } from "../runtime/cache.ts"
import type { Outbound } from "../endpoint-kinds/send-by-kind.ts"
import type { Turns } from "../runtime/turns.ts"
import type { Log } from "../runtime/log.ts"
import type { Unwritten } from "../deliver/unsaved-outcomes.ts"
import { SLOW_FOR_MS, type Slowness } from "./slow-endpoints.ts"

/** An endpoint and its health. */
export type Receiver = { endpoint: Endpoint.Endpoint | undefined; health: Health.Health }

export type DeliverDeps = {
  table: Table
  sqs: SQSClient
  queues: { deliveryUrl: string; retryUrl: string; jobsUrl: string }
  outbound: Pick<Outbound, "sendByKind">
  /** At most ten seconds old. */
  receivers: Cache<Receiver>
  /** How many slow endpoints each tenant has, at most ten seconds old. */
  slowCounts: Cache<number>
  slowness: Slowness
  /** Present where all invocations end with one process. */
  unwritten?: Unwritten | undefined
  /** Serializes the versions of one record, at endpoints whose order is `latest`. */
  turns: Turns
  /**
   * How long the results of a batch's deliveries are pooled before they are sent. Default: a tenth
   * of a second.
   */
  pooledMs?: number
  /** In [0, 1). */
  random: () => number
  log: Log
  tracing?: Tracing | undefined
  metrics?: Metrics | undefined
}

const keyOf = (tenant: string, endpointId: string) => `${tenant}/${endpointId}`

/**
 * Whether workers learn of a change of its health: the end of a healthy state is announced, see
 * changes.ts.
 */
export const isHealthy = (
  { failures, failingSince, state, slowAt, pausedUntil }: Health.Health,
  now: number,
) =>
  failures === 0 &&
  failingSince === undefined &&
  state === undefined &&
  now - (slowAt ?? -Infinity) > SLOW_FOR_MS &&
  (pausedUntil ?? 0) <= now

export async function readReceiver(
  table: Table,
  tenant: string,
  endpointId: string,
  options: { consistent?: boolean } = {},
): Promise<Receiver> {
  const [endpoint, health] = await Promise.all([
    Endpoint.get(table, tenant, endpointId, options),
    Health.get(table, tenant, endpointId, options),
  ])
  return { endpoint, health }
}

export const cachedReceiver = (
  { receivers, table }: Pick<DeliverDeps, "receivers" | "table">,
  tenant: string,
  endpointId: string,
): Promise<Receiver> =>
  receivers.get(keyOf(tenant, endpointId), () => readReceiver(table, tenant, endpointId))

/**
 * Reads the endpoint again, with a consistent read. Cached data can misdirect a POST, but must not
 * decide anything permanent.
 */
export async function freshReceiver(
  { receivers, table }: Pick<DeliverDeps, "receivers" | "table">,
  tenant: string,
  endpointId: string,
): Promise<Receiver> {
  const receiver = await readReceiver(table, tenant, endpointId, { consistent: true })
  receivers.set(keyOf(tenant, endpointId), receiver)
  return receiver
}

// The endpoint itself was not read again. A cached copy must not be kept alive by changes of its
// health.
export function noteHealth(
  { receivers }: Pick<DeliverDeps, "receivers">,
  tenant: string,
  endpointId: string,
  health: Health.Health,
): void {
  receivers.amend(keyOf(tenant, endpointId), (receiver) => ({ ...receiver, health }))
}

/** Notes until when its slots are taken (epoch ms). */
export function noteNextFree(
  { receivers }: Pick<DeliverDeps, "receivers">,
  tenant: string,
  endpointId: string,
  nextFree: number,
): void {
  receivers.amend(keyOf(tenant, endpointId), (receiver) => ({
    ...receiver,
    health: { ...receiver.health, nextFree },
  }))
}

export const forgetReceiver = (
  { receivers }: Pick<DeliverDeps, "receivers">,
  tenant: string,
  endpointId: string,
): void => receivers.forget(keyOf(tenant, endpointId))
