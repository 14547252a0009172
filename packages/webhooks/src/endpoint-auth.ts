/**
 * The credentials of an endpoint's requests, decrypted. They are stored encrypted, and never shown
 * again.
 */
export type Auth =
  | { type: "bearer"; token: string }
  | { type: "basic"; username: string; password: string }
  | { type: "header"; name: string; value: string }
  | OAuth

export type OAuth = {
  type: "oauth2"
  tokenUrl: string
  clientId: string
  clientSecret: string
  scope?: string | undefined
} & ({ grant: "client_credentials" } | { grant: "refresh_token"; refreshToken: string })

const base64 = (text: string) => Buffer.from(text).toString("base64")

/** The header with the credentials. `token`: the token of an OAuth server. */
export function authHeaders(auth: Auth | null, token: string | undefined): Record<string, string> {
  switch (auth?.type) {
    case undefined:
      return {}
    case "bearer":
      return { authorization: `Bearer ${auth.token}` }
    case "basic":
      return { authorization: `Basic ${base64(`${auth.username}:${auth.password}`)}` }
    case "header":
      return { [auth.name]: auth.value }
    case "oauth2":
      return token === undefined ? {} : { authorization: `Bearer ${token}` }
  }
}

/** The name of that header in lower case. No other setting can set it. */
export function authHeaderName(auth: Auth | null): string | undefined {
  if (!auth) return undefined
  return auth.type === "header" ? auth.name.toLowerCase() : "authorization"
}

export type TokenRequest = { headers: Record<string, string>; body: string }

// RFC 6749, 2.3.1: both are form-encoded before they are joined.
const formEncoded = (text: string) => new URLSearchParams({ "": text }).toString().slice(1)

/**
 * The request for a token. `client`: how the client's id and secret are sent. Every server accepts
 * the header (RFC 6749), except for a few that only accept the form.
 */
export function tokenRequest(
  auth: OAuth,
  client: "basic" | "form",
  refreshToken: string | undefined,
): TokenRequest {
  const { clientId, clientSecret, scope, grant } = auth
  const isBasic = client === "basic"
  const form = new URLSearchParams({
    grant_type: grant,
    ...(grant === "refresh_token" && { refresh_token: refreshToken ?? auth.refreshToken }),
    ...(scope !== undefined && { scope }),
    ...(!isBasic && { client_id: clientId, client_secret: clientSecret }),
  })
  const credentials = `${formEncoded(clientId)}:${formEncoded(clientSecret)}`
  return {
    headers: {
      accept: "application/json",
      "content-type": "application/x-www-form-urlencoded",
      ...(isBasic && { authorization: `Basic ${base64(credentials)}` }),
    },
    body: form.toString(),
  }
}

/** A token from its server. `refreshToken`: the next one, if the server rotates refresh tokens. */
export type Token = { accessToken: string; expiresInMs: number; refreshToken: string | undefined }

// Used if the server gives no lifetime. Short, so that a wrong guess costs at most one 401.
const DEFAULT_SECONDS = 30 * 60
const MAX_SECONDS = 30 * 24 * 3_600

// Tokens are stored, and kept in memory. Servers accept headers of up to 8 or 16 KB.
const MAX_TOKEN_LENGTH = 16 * 1024

/**
 * The token in an answer, or an error text if there is none. Some servers report errors with status
 * 200.
 */
export function tokenOf(statusCode: number, body: string): Token | { problem: string } {
  const given = parse(body)
  const { access_token: accessToken, refresh_token: refreshToken, expires_in: expiresIn } = given
  if (statusCode < 200 || statusCode > 299 || typeof accessToken !== "string" || !accessToken) {
    const said = [given["error"], given["error_description"]].filter(
      (each) => typeof each === "string",
    )
    const words = said.length > 0 ? `: ${said.join(", ").slice(0, 200)}` : ""
    return { problem: `the token server answered ${statusCode}${words}` }
  }
  const isLong = [accessToken, refreshToken].some(
    (each) => typeof each === "string" && each.length > MAX_TOKEN_LENGTH,
  )
  if (isLong)
    return { problem: `the token server answered ${statusCode} with a token of more than 16 KB` }
  if (!/^[\x21-\x7e]+$/.test(accessToken))
    return { problem: "the token server answered with a token that no header can hold" }
  const isNumeric = typeof expiresIn === "number" || typeof expiresIn === "string"
  const seconds = isNumeric ? Number(expiresIn) : DEFAULT_SECONDS
  const expiresInMs = 1_000 * (seconds > 0 ? Math.min(seconds, MAX_SECONDS) : DEFAULT_SECONDS)
  return {
    accessToken,
    expiresInMs,
    refreshToken: typeof refreshToken === "string" && refreshToken ? refreshToken : undefined,
  }
}

function parse(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** As shown by the API: secrets are null. */
export function masked(auth: Auth): Record<string, unknown> {
  switch (auth.type) {
    case "bearer":
      return { ...auth, token: null }
    case "basic":
      return { ...auth, password: null }
    case "header":
      return { ...auth, value: null }
    case "oauth2":
      return {
        ...auth,
        clientSecret: null,
        ...(auth.grant === "refresh_token" && { refreshToken: null }),
      }
  }
}
