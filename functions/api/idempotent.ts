import { createHash } from "node:crypto"
import { setTimeout as wait } from "node:timers/promises"
import * as Idempotency from "@ringback/store/idempotency"
import type { Table } from "@ringback/store/table"
import { invalid, ProblemError } from "./problem.ts"
import type { Answer } from "./route.ts"

const POLL_MS = 50
const POLLS = 200

const KEY = /^[\x21-\x7e][\x20-\x7e]{0,254}$/

export type Request = { callerId: string; tenant: string | undefined; path: string; text: string }

/**
 * Runs the handler once for an Idempotency-Key: whoever asks again, or at the same time, gets the same answer. An
 * answer other than 2xx has had no effect and is not kept.
 */
export async function once(
  table: Table,
  key: string | undefined,
  request: Request,
  handle: () => Promise<Answer>,
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
  for (let poll = 0; poll < POLLS; poll++) {
    const claimed = await Idempotency.claim(table, asked)
    if (claimed.outcome === "first") return run(claimed, handle)
    if (claimed.outcome === "answered") {
      const answer = JSON.parse(claimed.answer) as Answer
      return { ...answer, headers: { ...answer.headers, "idempotency-replayed": "true" } }
    }
    if (claimed.outcome === "mismatch") {
      const detail = "Use a new Idempotency-Key for another path or body."
      throw new ProblemError("idempotency.mismatch", detail)
    }
    await wait(POLL_MS)
  }
  throw new ProblemError("idempotency.in_progress", "Ask again in a second.", {
    headers: { "retry-after": "1" },
  })
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
  await claimed.settle(JSON.stringify(answer))
  return answer
}
