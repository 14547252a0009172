import type { Log } from "./log.ts"

type TokenCheckOptions = {
  /** Base URL of Ringback's API. */
  apiUrl: string
  token: () => string
  everyMs?: number | undefined
  log: Log
}

const EVERY_MS = 10 * 60_000
const ANSWER_MS = 10_000
const FIX = "RINGBACK_SOURCE_TOKEN: rotate the source's token in the API and give the new one here"

type Verdict = "good" | "refused" | "unknown"

/**
 * Asks the API regularly whether the token is valid, because the queue accepts messages signed with
 * any token.
 */
export function startTokenCheck(options: TokenCheckOptions): { stop: () => void } {
  const { apiUrl, token, everyMs = EVERY_MS, log } = options
  const stopping = new AbortController()
  let last: Verdict = "good"

  async function ask(): Promise<void> {
    const { verdict, reason } = await judge(
      `${apiUrl}/v1/collector/check`,
      token(),
      stopping.signal,
    )
    if (verdict === last || stopping.signal.aborted) return
    // An unreachable API does not mean that the token is invalid, so it raises no alarm.
    if (verdict === "unknown") log("token.unchecked", { reason })
    else if (verdict === "refused") log("token.refused", { alarm: true, reason, fix: FIX })
    else log("token.good")
    last = verdict
  }

  void ask()
  const timer = setInterval(() => void ask(), everyMs)
  return {
    stop() {
      clearInterval(timer)
      stopping.abort()
    },
  }
}

async function judge(
  url: string,
  token: string,
  stopped: AbortSignal,
): Promise<{ verdict: Verdict; reason?: string }> {
  try {
    const answer = await fetch(url, {
      headers: { authorization: `Bearer ${token}` },
      // The token must only go to the configured API.
      redirect: "error",
      signal: AbortSignal.any([stopped, AbortSignal.timeout(ANSWER_MS)]),
    })
    await answer.body?.cancel()
    if (answer.ok) return { verdict: "good" }
    const reason = `the API answered ${answer.status}`
    return { verdict: answer.status === 401 ? "refused" : "unknown", reason }
  } catch (error) {
    const { message, cause } = error as Error
    return { verdict: "unknown", reason: cause instanceof Error ? cause.message : message }
  }
}
