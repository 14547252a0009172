import { setTimeout as wait } from "node:timers/promises"
import * as v from "valibot"
import * as Endpoint from "@ringback/store/endpoint"
import { acknowledge } from "../pull/acknowledge.ts"
import { fetchMessages, isAnyDue, type Message } from "../pull/fetch.ts"
import type { Deps } from "./deps.ts"
import { deliveryIdSchema } from "./delivery-schema.ts"
import { ProblemError } from "./problem.ts"
import { getExisting } from "./revision.ts"
import { route } from "./route.ts"
import { tryWaiting } from "./waiting.ts"

const whole = (least: number, most: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most))

export const FetchInput = v.strictObject({
  limit: v.pipe(v.optional(whole(1, 10), 10), v.description("Maximum number of messages")),
  waitSeconds: v.pipe(
    v.optional(whole(0, 20), 0),
    v.description("How long to wait for the first message if there is none"),
  ),
  leaseSeconds: v.pipe(
    v.optional(whole(1, 43_200), 60),
    v.description("Messages that are not acknowledged within this time are returned again"),
  ),
})

const lease = v.pipe(
  v.string(),
  v.description("Identifies this fetch when the message is acknowledged"),
  v.examples(["kF3v0c9QxLw1.mi9q2k7a"]),
)

export const MessageAnswer = v.object({
  deliveryId: deliveryIdSchema,
  headers: v.pipe(
    v.record(v.string(), v.string()),
    v.description(
      "The same headers as a webhook's, including the signature. Verify it in the same way",
    ),
  ),
  body: v.pipe(v.string(), v.description("The exact text that is signed")),
  lease,
})

const MAX_ACKS = 100

export const AckInput = v.strictObject({
  acks: v.pipe(
    v.array(
      v.strictObject({
        deliveryId: v.pipe(v.string(), v.maxLength(100)),
        lease: v.pipe(v.string(), v.maxLength(100)),
      }),
    ),
    v.maxLength(MAX_ACKS),
    v.examples([
      [{ deliveryId: "dlv_06fzk3vq8r000006m5x0c9d7g4h1jtw2", lease: "kF3v0c9QxLw1.mi9q2k7a" }],
    ]),
  ),
})

const ids = v.array(v.string())

export const AckAnswer = v.object({
  acked: v.pipe(ids, v.description("Delivered by this ack, or by the same ack earlier")),
  lost: v.pipe(
    ids,
    v.description("Leased again in the meantime, discarded, or never leased under this lease"),
  ),
})

async function pullEndpoint({ table }: Deps, tenant: string, endpointId: string) {
  const endpoint = await getExisting("endpoint", () =>
    Endpoint.get(table, tenant, endpointId, { consistent: true }),
  )
  if (endpoint.pull) return endpoint
  throw new ProblemError(
    "conflict.state",
    "Its webhooks are posted: only those of `pull` are fetched.",
  )
}

// An erasure takes longer than this.
const MAX_KEPT_MS = 60_000

// Each poll costs one read. With the two calls for its lease that is less than one call a second.
const POLL_INTERVAL_MS = 1_700

const fetching = ({ table, testOutbound }: Deps) => ({
  table,
  sandbox: testOutbound.deps.sandbox,
})

/** The pull endpoint, which must be enabled. */
async function fetchableEndpoint(deps: Deps, tenant: string, endpointId: string) {
  const endpoint = await pullEndpoint(deps, tenant, endpointId)
  if (!endpoint.disabled) return endpoint
  throw new ProblemError("conflict.state", "The endpoint is disabled: enable it first.")
}

/**
 * Waits until messages arrive or the time is over. If too many of the tenant's requests wait
 * already, the time is over at once.
 */
async function awaitMessages(
  { table }: Deps,
  { tenant, id }: Endpoint.Endpoint,
  fetch: () => Promise<Message[]>,
  until: number,
): Promise<Message[]> {
  const waited = await tryWaiting(table, { kind: "PULL", tenant }, async () => {
    for (;;) {
      const leftMs = until - performance.now()
      if (leftMs <= 0) return []
      await wait(Math.min(POLL_INTERVAL_MS, leftMs))
      const messages = (await isAnyDue(table, id)) ? await fetch() : []
      if (messages.length > 0) return messages
    }
  })
  return waited.ok ? waited.value : []
}

const tag = "Messages"

export const messageRoutes = [
  route({
    method: "post",
    path: "/v1/tenants/{tenantId}/endpoints/{endpointId}/messages",
    access: "tenant",
    operationId: "fetchMessages",
    tag,
    summary: "Fetch the messages of a pull endpoint",
    description:
      "Oldest first. If the endpoint's `order` is `latest`, a page has one version of each record or call, the newest. Each message is leased to one client at a time. Acknowledge each message after processing it. Unacknowledged messages are returned again when their lease expires. Up to six of a tenant's requests can wait at a time. Further ones get an empty page at once, as if `waitSeconds` were 0: pause before the next fetch. A page is also empty if nothing but messages that the endpoint's transform drops was found in five seconds.",
    body: FetchInput,
    answers: {
      200: { description: "Messages", schema: v.object({ messages: v.array(MessageAnswer) }) },
    },
    problems: ["conflict.state"],
    async handle({ deps, tenant, params: { endpointId }, body, read, judge }) {
      const endpoint = await fetchableEndpoint(deps, tenant.id, endpointId)
      const wanted = { limit: body.limit, leaseMs: body.leaseSeconds * 1000 }
      const until = performance.now() + body.waitSeconds * 1000
      const fetch = (from: Endpoint.Endpoint) =>
        read(() => fetchMessages(fetching(deps), from, wanted))
      // During the wait the key may be revoked, and the endpoint disabled or given other secrets.
      const fetchLater = async () => {
        await judge()
        return fetch(await fetchableEndpoint(deps, tenant.id, endpointId))
      }
      const there = await fetch(endpoint)
      const messages =
        there.length > 0 || body.waitSeconds === 0
          ? there
          : await awaitMessages(deps, endpoint, fetchLater, until)
      // Afterwards others may have leased them, or what they say may have been erased.
      const keptMs = Math.min(wanted.leaseMs, MAX_KEPT_MS)
      return { status: 200, body: { messages }, isNoChange: true, keptMs }
    },
  }),
  route({
    method: "post",
    path: "/v1/tenants/{tenantId}/endpoints/{endpointId}/messages/ack",
    access: "tenant",
    operationId: "acknowledgeMessages",
    tag,
    summary: "Acknowledge fetched messages",
    description:
      "A late ack is accepted unless the message was leased again. Repeating an ack gives the same response.",
    body: AckInput,
    answers: { 200: { description: "Which messages were acknowledged", schema: AckAnswer } },
    problems: ["conflict.state"],
    async handle({ deps, tenant, params: { endpointId }, body }) {
      const endpoint = await pullEndpoint(deps, tenant.id, endpointId)
      const acked = new Set<string>()
      const lost = new Set<string>()
      for (const ack of body.acks) {
        const counts = await acknowledge(deps.table, endpoint, ack)
        const answered = counts ? acked : lost
        answered.add(ack.deliveryId)
      }
      const answer = { acked: [...acked], lost: [...lost.difference(acked)] }
      return { status: 200, body: answer, isNoChange: true }
    },
  }),
]
