import { exchange, type Exchange, type ExchangeRequest, type Limits } from "./exchange.ts"
import { describeLookupFailure } from "./failure.ts"
import { failedOutcome, outcomeOf, type Outcome } from "./attempt-outcome.ts"
import { openPool, type Lane } from "./pool.ts"
import { KEPT_BODY_BYTES } from "./response-start.ts"
import { addressesOf, rememberAnswers, resolveHost, within, type Resolve } from "./resolve.ts"
import {
  parseTarget,
  checkAddresses,
  type Refusal,
  type UrlRules,
  type CheckedAddresses,
} from "./url.ts"

export type { Outcome } from "./attempt-outcome.ts"

/**
 * One attempt. `headers`: the endpoint's own and the signature. `body`: exactly the signed text.
 */
export type SendRequest = {
  endpointId: string
  url: string
  /** The endpoint's own: see UrlRules. */
  allowedLoopback?: string | null | undefined
  headers: Record<string, string>
  body: string
  /** Default: POST. */
  method?: string | undefined
  /** Default: application/json. */
  contentType?: string | undefined
  /** Time limit from the start to the status line, if shorter than the default. */
  limitMs?: number | undefined
}

/** A request whose answer is read, by a connector or for a token. `body` null: no body is sent. */
export type AskRequest = Omit<SendRequest, "body" | "method" | "contentType" | "limitMs"> & {
  method: string
  body: string | null
  /** Time limit from the start to the end of the headers. */
  limitMs: number
}

/** An answer with its whole body (up to 1 MB), or an error text. */
export type Asked =
  | { statusCode: number; headers: Record<string, string>; body: string; durationMs: number }
  | { error: string; durationMs: number }

export type SenderOptions = Omit<UrlRules, "allowedLoopback"> & {
  /** Whether an endpoint's `allowedLoopback` counts: on one machine only. */
  operatorLoopback?: boolean
  userAgent?: string
  timeouts?: Partial<Limits & { lookupMs: number }>
  resolve?: Resolve
  /** Certificates (PEM) to trust instead of the well-known ones. */
  ca?: string
  now?: () => number
}

export type Sender = {
  send(request: SendRequest): Promise<Outcome>
  /** Follows the same rules as `send`. A request that writes is never sent twice. */
  ask(request: AskRequest): Promise<Asked>
  close(): void
}

/** Time limit of an attempt, from the DNS lookup to the status line. */
export const ATTEMPT_LIMIT_MS = 15_000

// 5 s to connect are enough for two lost SYNs and a TLS handshake. The body is only needed to
// explain a failure.
const LIMITS = { lookupMs: 5_000, connectMs: 5_000, totalMs: ATTEMPT_LIMIT_MS, bodyMs: 2_000 }

// A Lambda has no DNS cache, and the resolver of a VPC takes 1,024 packets a second.
const ANSWER_TTL_MS = 5_000

const MAX_STALE = 2

// The largest answers are a CRM's descriptions of its fields.
const MAX_ASKED_BYTES = 1024 * 1024

/**
 * Sends webhooks and keeps connections. Every behaviour of a receiver is an outcome, never an
 * exception.
 */
export function makeSender(options: SenderOptions): Sender {
  const { userAgent = "Ringback", now = Date.now, ca } = options
  const limits = { ...LIMITS, ...options.timeouts }
  const resolve = rememberAnswers(options.resolve ?? resolveHost, ANSWER_TTL_MS, now)
  const pool = openPool({ ca, now })

  async function send(request: SendRequest): Promise<Outcome> {
    const startedAt = performance.now()
    const located = await locate(request)
    const result = located.ok
      ? await post(request, located, startedAt)
      : { error: located.reason, isSent: false, isRepeated: false }
    if ("answer" in result) {
      const outcome = outcomeOf(result.answer, now())
      // An earlier copy may have reached the receiver before its connection was closed.
      return { ...outcome, mayHaveArrived: result.isRepeated && !outcome.ok }
    }
    const mayHaveArrived = result.isSent || result.isRepeated
    return failedOutcome(result.error, Math.round(performance.now() - startedAt), mayHaveArrived)
  }

  // The only lookup of an attempt. `post` dials only the addresses that were checked here.
  async function locate(
    request: Pick<SendRequest, "url" | "allowedLoopback" | "limitMs">,
  ): Promise<Refusal | ({ ok: true } & Located)> {
    const { allowedLoopback = null } = options.operatorLoopback ? request : {}
    const rules = { ...options, allowedLoopback }
    const target = parseTarget(request.url, rules)
    if (!target.ok) return refused(target.reason)
    const { url, host } = target
    const lookupMs = Math.min(limits.lookupMs, request.limitMs ?? Infinity)
    const found = await within(lookupMs, addressesOf(host, resolve)).catch((error) => error)
    if (found instanceof Error) return { ok: false, reason: describeLookupFailure(found, host) }
    if (found.length === 0) return { ok: false, reason: `DNS: ${host} has no address` }
    const checked = checkAddresses(target, found, rules)
    return checked.ok ? { ...checked, url, host } : refused(checked.reason)
  }

  async function post(request: SendRequest, located: Located, startedAt: number) {
    const body = Buffer.from(request.body)
    const { method = "POST", contentType = "application/json", limitMs = Infinity } = request
    const within = { ...limits, totalMs: Math.min(limits.totalMs, limitMs) }
    const headers = { ...request.headers, "content-type": contentType }
    const attempt = attemptOf(
      { method, headers, body, keptBytes: KEPT_BODY_BYTES },
      located,
      startedAt,
    )
    const lane = laneTo(located, request.endpointId)
    const postOnce = () => exchange(pool, lane, attempt, within).catch(refusedByNode)
    pool.dropUnfit(lane)
    let result = await postOnce()
    let isRepeated = false
    // The receiver, or a freeze of the Lambda, may have closed an idle connection. That is no
    // failure of the receiver, so the request is sent again at once. It has the same webhook-id,
    // like the retry after 5 s that it replaces.
    for (let stale = 0; "error" in result && result.isStale && stale < MAX_STALE; stale++) {
      pool.dropIdle(lane)
      isRepeated = true
      result = await postOnce()
    }
    return "error" in result
      ? { ...result, isRepeated, error: `${result.error}${located.leftOut}` }
      : { ...result, isRepeated }
  }

  async function ask(request: AskRequest): Promise<Asked> {
    const startedAt = performance.now()
    const durationMs = () => Math.round(performance.now() - startedAt)
    const located = await locate(request)
    if (!located.ok) return { error: located.reason, durationMs: durationMs() }
    const { method, headers } = request
    const body = Buffer.from(request.body ?? "")
    const attempt = attemptOf(
      { method, headers, body, keptBytes: MAX_ASKED_BYTES },
      located,
      startedAt,
    )
    const lane = laneTo(located, request.endpointId)
    pool.dropUnfit(lane)
    // A write must not be sent twice because a kept connection was closed, so it uses a new
    // connection.
    if (method !== "GET") pool.dropIdle(lane)
    const within = { ...limits, totalMs: Math.min(limits.totalMs, request.limitMs) }
    const askOnce = () => exchange(pool, lane, attempt, within).catch(refusedByNode)
    let result = await askOnce()
    if ("error" in result && result.isStale) {
      pool.dropIdle(lane)
      result = await askOnce()
    }
    if ("error" in result)
      return { error: `${result.error}${located.leftOut}`, durationMs: durationMs() }
    const { statusCode, bodyStart } = result.answer
    const answered = Object.entries(result.headers).flatMap(([name, value]) =>
      typeof value === "string" ? [[name, value]] : [],
    )
    return {
      statusCode,
      headers: Object.fromEntries(answered) as Record<string, string>,
      body: bodyStart.toString(),
      durationMs: durationMs(),
    }
  }

  function attemptOf(
    request: Pick<ExchangeRequest, "method" | "headers" | "body" | "keptBytes">,
    { url }: Located,
    startedAt: number,
  ): ExchangeRequest {
    const headers = {
      ...request.headers,
      host: url.host,
      "user-agent": userAgent,
      "content-length": String(request.body.length),
      "accept-encoding": "identity",
    }
    return { ...request, headers, url, startedAt }
  }

  return { send, ask, close: pool.close }
}

type Located = Pick<CheckedAddresses, "addresses" | "leftOut"> & { url: URL; host: string }

function laneTo({ url, host, addresses }: Located, endpointId: string): Lane {
  const isTls = url.protocol === "https:"
  const port = url.port === "" ? (isTls ? 443 : 80) : Number(url.port)
  // A trailing dot marks a fully qualified name. Certificates contain the name without it.
  return { endpointId, isTls, host: host.replace(/\.$/, ""), port, addresses }
}

const refused = (reason: string): Refusal => ({ ok: false, reason: `refused: ${reason}` })

const HEADER_ERRORS = new Set([
  "ERR_HTTP_INVALID_HEADER_VALUE",
  "ERR_INVALID_CHAR",
  "ERR_INVALID_HTTP_TOKEN",
])

// An invalid header that registration missed must not make its delivery fail in the queue forever.
function refusedByNode(error: NodeJS.ErrnoException): Exchange {
  if (!HEADER_ERRORS.has(error.code ?? "")) throw error
  const reason = "a header contains a character that HTTP does not allow"
  return { error: reason, isStale: false, isSent: false }
}
