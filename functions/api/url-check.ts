import { checkUrl, type Refusal } from "@ringback/webhooks/url"
import { within, type Resolve } from "@ringback/webhooks/resolve"
import type { Deps } from "./deps.ts"
import type { FieldError } from "./problem.ts"
import { tryWaiting } from "./waiting.ts"

// Most DNS servers answer within 100 ms. After that a request waits, and needs a place among the
// tenant's waiting requests.
const SOON_MS = 100
const LONGEST_MS = 1_000

export const UNANSWERED =
  "The DNS servers of the host did not answer in time (1 s at most), so its addresses were not checked. They are checked at each delivery. Check the host's name and its DNS servers, then set this again"

/** A host that does not resolve in time is accepted with a warning, like one that does not exist. */
export type UrlVerdict = { ok: true; warnings: FieldError[] } | Refusal

/** Judges a URL that a request sets. `path`: of the field, for a warning. */
export async function checkGivenUrl(
  { table, urlRules }: Pick<Deps, "table" | "urlRules">,
  tenant: string,
  given: { path: string; url: string; allowedLoopback: string | null },
): Promise<UrlVerdict> {
  const { path, url, allowedLoopback } = given
  const warnings: FieldError[] = []
  const resolve: Resolve = async (host) => {
    const lookup = urlRules.resolve(host)
    const soon = await within(SOON_MS, lookup).catch(ignoreTimeout)
    if (soon) return soon
    const waited = await tryWaiting(table, { kind: "LOOKUP", tenant }, () =>
      within(LONGEST_MS - SOON_MS, lookup).catch(ignoreTimeout),
    )
    if (waited.ok && waited.value) return waited.value
    warnings.push({ path, message: UNANSWERED })
    return []
  }
  const verdict = await checkUrl(url, { ...urlRules, allowedLoopback, resolve })
  return verdict.ok ? { ok: true, warnings } : verdict
}

function ignoreTimeout(error: unknown): undefined {
  if ((error as { code?: unknown }).code !== "ETIMEOUT") throw error
}
