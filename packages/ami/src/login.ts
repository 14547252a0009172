import { createHash } from "node:crypto"
import type { Action } from "./action.ts"
import { AmiError } from "./errors.ts"
import { type AmiMessage, header } from "./message.ts"

export type Credentials = {
  username: string
  secret: string
  /** `md5` (default): the secret is not sent in plain text. */
  auth?: "md5" | "plain"
}

type Ask = (action: Action, settle: (error: AmiError | null, answer?: AmiMessage) => void) => void

/** The key of `AuthType: MD5`, for client or server. */
export function md5Key(challenge: string, secret: string): string {
  return createHash("md5")
    .update(challenge + secret)
    .digest("hex")
}

/**
 * Logs in. Calls `done` with null within the read of the success response, so that the next bytes
 * are events.
 */
export function logIn(
  ask: Ask,
  credentials: Credentials,
  done: (error: AmiError | null) => void,
): void {
  const { username, secret } = credentials
  const answer = (proof: Record<string, string>) => {
    const action = { Action: "Login", Username: username, ...proof, Events: "on" }
    ask(action, (error, response) => done(error ?? judgeLogin(response)))
  }
  if (credentials.auth === "plain") return answer({ Secret: secret })
  ask({ Action: "Challenge", AuthType: "MD5" }, (error, response) => {
    if (error) return done(error)
    const challenge = response && header(response, "Challenge")
    if (!challenge) return done(refusedChallenge(response))
    answer({ AuthType: "MD5", Key: md5Key(challenge, secret) })
  })
}

function judgeLogin(response: AmiMessage | undefined): AmiError | null {
  if (response?.name.toLowerCase() === "success") return null
  const words = wordsOf(response)
  // Wrong secret, unknown user, wrong key and ACL all give the same response.
  if (/authentication failed/i.test(words)) {
    const hint = "wrong user or secret, or the user's permit and deny lists block this address"
    return new AmiError("credentials_refused", `the PBX refused the login: ${words} (${hint})`)
  }
  return new AmiError("login_refused", `the PBX refused the login: ${words}`)
}

function refusedChallenge(response: AmiMessage | undefined): AmiError {
  const hint = "if it does not support MD5, use plain authentication"
  return new AmiError("login_refused", `the PBX gave no challenge: ${wordsOf(response)} (${hint})`)
}

function wordsOf(response: AmiMessage | undefined): string {
  return (response && (header(response, "Message") ?? response.name)) || "no reason given"
}
