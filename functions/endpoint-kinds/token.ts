import { randomUUID } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import * as OauthToken from "@ringback/store/oauth-token"
import type { Table } from "@ringback/store/table"
import { tokenOf, tokenRequest, type OAuth, type Token } from "@ringback/webhooks/endpoint-auth"
import type { Step } from "@ringback/webhooks/attempt-outcome"
import type { Sender } from "@ringback/webhooks/send"

export type TokenSource = {
  whose: OauthToken.Whose
  auth: OAuth
  /**
   * How the client's id and secret are sent. Undefined: in the header, and in the form if the
   * server does not accept that.
   */
  client: "basic" | "form" | undefined
  allowedLoopback: string | null
  /** The maximum duration. */
  limitMs: number
  /** Called for each request to the token server. */
  onStep: (step: Step) => void
}

type Fetching = TokenSource & { left: () => number }

export type Fetched = { token: string } | { problem: string }

export type Tokens = {
  /**
   * A token that is valid for a while. `refused`: the token that was just rejected, which is not
   * returned again.
   */
  get: (source: TokenSource, refused?: string) => Promise<Fetched>
}

// A token is replaced before it ends: a minute, and of a short one a quarter of its time.
const MARGIN_MS = 60_000
const MARGIN_SHARE = 0.25
const FETCH_LIMIT_MS = 4_500
// Longer than a fetch can take: a worker that died while fetching no longer blocks the others.
const LEASE_MS = 20_000
const LOOK_EVERY_MS = 200
const MAX_LOOKS = 20
const MAX_REMEMBERED = 1_000

/** Less than this is not enough for a request. */
export const MIN_LEFT_MS = 100

/** The rest of this many ms, counted from now. */
export function countdown(limitMs: number): () => number {
  const startedAt = performance.now()
  return () => limitMs - Math.round(performance.now() - startedAt)
}

/**
 * OAuth tokens: encrypted in the table, fetched by one worker at a time, and cached here while they
 * are valid.
 */
export function makeTokens(deps: { table: Table; sender: Pick<Sender, "ask"> }): Tokens {
  const { table } = deps
  const remembered = new Map<string, { credentials: string; token: string; validUntil: number }>()
  const keyOf = ({ tenant, endpointId }: OauthToken.Whose) => `${tenant}/${endpointId}`
  const isFresh = (validUntil: number) => validUntil > table.now()

  function remember(whose: OauthToken.Whose, token: string, validUntil: number): Fetched {
    const [oldest] = remembered.keys()
    if (remembered.size >= MAX_REMEMBERED && oldest !== undefined) remembered.delete(oldest)
    remembered.set(keyOf(whose), { credentials: whose.credentials, token, validUntil })
    return { token }
  }

  async function get(source: TokenSource, refused?: string): Promise<Fetched> {
    const { whose } = source
    const here = remembered.get(keyOf(whose))
    const isOurs = here?.credentials === whose.credentials && here.token !== refused
    if (here && isOurs && isFresh(here.validUntil)) return { token: here.token }
    const owner = randomUUID()
    const left = countdown(source.limitMs)
    for (let look = 0; look < MAX_LOOKS; look++) {
      if (left() < MIN_LEFT_MS) return { problem: "no time is left to fetch a token" }
      if (look > 0) await sleep(LOOK_EVERY_MS)
      const { tokens, validUntil } = await OauthToken.get(table, whose)
      if (tokens && tokens.accessToken !== refused && isFresh(validUntil))
        return remember(whose, tokens.accessToken, validUntil)
      if (await OauthToken.takeLease(table, whose, owner, LEASE_MS))
        return fetchToken({ ...source, left }, owner, refused)
    }
    return { problem: "another worker has been fetching a token for too long" }
  }

  async function fetchToken(source: Fetching, owner: string, refused?: string): Promise<Fetched> {
    const { whose } = source
    // Data read before the lease may be outdated. Using a refresh token twice can revoke all of
    // them.
    const { tokens, validUntil } = await OauthToken.get(table, whose)
    if (tokens && tokens.accessToken !== refused && isFresh(validUntil)) {
      await OauthToken.dropLease(table, whose, owner)
      return remember(whose, tokens.accessToken, validUntil)
    }
    const fetched = await askForToken(deps, source, tokens?.refreshToken)
    if ("problem" in fetched) {
      await OauthToken.dropLease(table, whose, owner)
      return fetched
    }
    const { accessToken, expiresInMs } = fetched
    const refreshToken = fetched.refreshToken ?? tokens?.refreshToken
    const until = table.now() + expiresInMs - Math.min(MARGIN_MS, expiresInMs * MARGIN_SHARE)
    // Stored before it is used: a server that issues a new refresh token with each access token has
    // revoked the previous one.
    const kept = { accessToken, ...(refreshToken !== undefined && { refreshToken }) }
    const isKept = await OauthToken.put(table, whose, kept, until)
    if (!isKept) await OauthToken.dropLease(table, whose, owner)
    return remember(whose, accessToken, until)
  }

  return { get }
}

const MAY_WANT_FORM = new Set([400, 401])

async function askForToken(
  { sender, table }: { sender: Pick<Sender, "ask">; table: Table },
  source: Fetching,
  refreshToken: string | undefined,
): Promise<Token | { problem: string }> {
  const { auth, allowedLoopback, whose, onStep, left } = source
  const ask = async (client: "basic" | "form") => {
    const { headers, body } = tokenRequest(auth, client, refreshToken)
    const at = table.now()
    const answer = await sender.ask({
      endpointId: whose.endpointId,
      url: auth.tokenUrl,
      allowedLoopback,
      method: "POST",
      headers,
      body,
      limitMs: Math.min(FETCH_LIMIT_MS, Math.max(left(), MIN_LEFT_MS)),
    })
    const statusCode = "error" in answer ? null : answer.statusCode
    const { durationMs } = answer
    const [method, purpose] = ["POST", "fetch a token"]
    onStep({ method, url: auth.tokenUrl, statusCode, durationMs, at, purpose })
    return answer
  }
  let answer = await ask(source.client ?? "basic")
  // A server that requires the form has not processed the rest of the request, so no refresh token
  // was used up.
  if (source.client === undefined && "body" in answer && MAY_WANT_FORM.has(answer.statusCode)) {
    if (/invalid_(client|request)/.test(answer.body)) answer = await ask("form")
  }
  return "error" in answer
    ? { problem: `no token: ${answer.error}` }
    : tokenOf(answer.statusCode, answer.body)
}
