import type { Answered, Asked } from "@ringback/local/demo-crm/asked"

/**
 * An OAuth server that gives a new refresh token with each token. It ends the one before at once, or where it is lenient once the new
 * one is used: whoever dies between its answer and the write can only sign in again at a lenient one.
 */
export function makeTokenServer(
  tokens: Set<string>,
  { lifeSeconds = 3600, isLenient = false } = {},
) {
  let count = 0
  let refreshToken = "refresh-0"
  let before = refreshToken
  const server = {
    /** Tokens that were given. */
    given: [] as string[],
    /** Ends every token that was given: what asks with one gets a 401. */
    expire: () => tokens.clear(),
    isTokenPath: ({ path }: Asked) => path.endsWith("/token"),
    answer({ headers, body }: Asked): Answered {
      const form = body as Record<string, string>
      const basic = /^Basic (.+)$/.exec(headers["authorization"] ?? "")?.[1]
      const [id, secret] = basic
        ? Buffer.from(basic, "base64").toString().split(":")
        : [form["client_id"], form["client_secret"]]
      if (id !== "client" || secret !== "very-secret")
        return { status: 401, body: { error: "invalid_client" } }
      const isRefresh = form["grant_type"] === "refresh_token"
      const given = form["refresh_token"] ?? ""
      const isTaken = given === refreshToken || (isLenient && given === before)
      if (isRefresh && !isTaken) return { status: 400, body: { error: "invalid_grant" } }
      before = given
      refreshToken = `refresh-${++count}`
      const token = `access-${count}`
      tokens.add(token)
      server.given.push(token)
      return {
        status: 200,
        body: {
          access_token: token,
          expires_in: lifeSeconds,
          token_type: "bearer",
          ...(isRefresh && { refresh_token: refreshToken }),
        },
      }
    },
  }
  return server
}
