import { checkSteps } from "@ringback/connectors/kinds"
import { run } from "@ringback/connectors/run"
import type { Endpoint } from "@ringback/store/endpoint"
import { failedOutcome, type Outcome } from "@ringback/webhooks/attempt-outcome"
import { openCrm, NoAnswerError } from "./crm.ts"
import { settingsOf } from "./log-call.ts"
import type { OutboundDeps } from "./deps.ts"

/**
 * Whether an endpoint's CRM accepts the sign-in and has what a call's activity needs. Nothing is
 * written there.
 */
export async function checkCrm(deps: OutboundDeps, endpoint: Endpoint): Promise<Outcome> {
  const settings = settingsOf(deps, endpoint)
  const crm = openCrm(deps, endpoint, settings, deps.limitMs)
  const keep = async () => undefined
  const person = async () => ({})
  const doing = { send: crm.send, keep, person }
  const end = await run(checkSteps(settings), doing).catch((error: unknown) => {
    if (error instanceof NoAnswerError) return { end: "failed" as const, words: error.message }
    throw error
  })
  const ok = end.end === "logged"
  const statusCode = crm.steps.at(-1)?.statusCode ?? null
  const outcome = failedOutcome(end.words, crm.durationMs())
  return { ...outcome, ok, statusCode, error: ok ? null : end.words }
}
