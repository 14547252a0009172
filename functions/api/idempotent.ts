import { createHash } from "node:crypto"
import { setTimeout as wait } from "node:timers/promises"
import * as Idempotency from "@ringback/store/idempotency"
import type { Table } from "@ringback/store/table"
import { invalid, ProblemError } from "./problem.ts"
import type { Answer } from "./route.ts"
import { tryWaiting } from "./waiting.ts"

// A waiting request looks after 50 ms. Most answers are there by then. Then it needs a place among
// the tenant's waiting requests, and looks at doubled intervals, 750 ms in total.
const FIRST_WAIT_MS = 50
const MORE_LOOKS = 3

// Encryption makes it up to twice as long.
const MAX_KEPT_LENGTH = 100 * 1024

const KEY = /^[\x21-\x7e][\x20-\x7e]{0,254}$/

export type Request = { callerId: string; tenant: string | undefined; path: string; text: string }

/**
 * Runs the handler once per Idempotency-Key. A repeated or concurrent request gets the same
 * response, for as long as it is kept. A response other than 2xx means that nothing was changed, and
 * is not kept.
 */
export async function once(
  table: Table,
  key: string | undefined,
  request: Request,
  { handle, judge }: { handle: () => Promise<Answer>; judge: () => Promise<unknown> },
): Promise<Answer> {
  if (key === undefined) return handle()
  if (!KEY.test(key)) {
    throw invalid("/Idempotency-Key", "must be 1 to 255 printable ASCII characters")
  }
  const asked = {
    scope: request.tenant ?? "OPERATOR",
    key: JSON.stringify([request.callerId, key]),
    fingerprint: createHash("sha256")
      .update(JSON.stringify([request.path, request.text]))
      .digest("base64url"),
  }
  let claimed = await Idempotency.claim(table, asked)
  if (claimed.outcome === "running") {
    claimed = await claimAfterWait(table, asked)
    // The key may have been revoked while the request waited.
    if (claimed.outcome !== "running") await judged(claimed, judge)
  }
  switch (claimed.outcome) {
    case "first":
      return run(claimed, handle)
    case "answered": {
      const answer = JSON.parse(claimed.answer) as Answer
      return { ...answer, headers: { ...answer.headers, "idempotency-replayed": "true" } }
    }
    case "mismatch": {
      const detail = "Use a new Idempotency-Key for another path or body."
      throw new ProblemError("idempotency.mismatch", detail)
    }
    default:
      throw new ProblemError("idempotency.in_progress", "Send the request again in a second.", {
        headers: { "retry-after": "1" },
      })
  }
}

async function claimAfterWait(
  table: Table,
  asked: Idempotency.Asked,
): Promise<Idempotency.Claimed> {
  const claimAfter = async (waitMs: number): Promise<Idempotency.Claimed> => {
    await wait(waitMs)
    const found = await Idempotency.look(table, asked)
    return found.outcome === "free" ? Idempotency.claim(table, asked) : found
  }
  const first = await claimAfter(FIRST_WAIT_MS)
  if (first.outcome !== "running") return first
  const waited = await tryWaiting(table, { kind: "REPEAT", tenant: asked.scope }, async () => {
    let claimed: Idempotency.Claimed = first
    for (let look = 1; claimed.outcome === "running" && look <= MORE_LOOKS; look++)
      claimed = await claimAfter(FIRST_WAIT_MS * 2 ** look)
    return claimed
  })
  return waited.ok ? waited.value : first
}

async function judged(claimed: Idempotency.Claimed, judge: () => Promise<unknown>): Promise<void> {
  try {
    await judge()
  } catch (error) {
    if (claimed.outcome === "first") await claimed.release()
    throw error
  }
}

async function run(
  claimed: Extract<Idempotency.Claimed, { outcome: "first" }>,
  handle: () => Promise<Answer>,
): Promise<Answer> {
  let answer: Answer
  try {
    answer = await handle()
  } catch (error) {
    await claimed.release()
    throw error
  }
  const { keptMs, ...kept } = answer
  const text = JSON.stringify(kept)
  // An item can have up to 400 KB. Fetched messages are leased, so a repeated request returns the
  // remaining ones.
  if (text.length <= MAX_KEPT_LENGTH && keptMs !== 0) await claimed.settle(text, keptMs)
  else await claimed.release()
  return answer
}
