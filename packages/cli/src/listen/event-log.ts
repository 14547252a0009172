import { setTimeout as sleep } from "node:timers/promises"
import * as v from "valibot"
import { pageOf } from "../answer.ts"
import { Refusal } from "../refusal.ts"
import { pathOf, type Session } from "../session.ts"
import { Webhook } from "../webhook.ts"
import type { Listening } from "./listening.ts"
import { noteSigningSecret } from "./secret.ts"
import { signatureHeaders } from "./verify.ts"

const LoggedEvent = v.looseObject({ ...Webhook.entries, createdAt: v.string() })
type LoggedEvent = v.InferOutput<typeof LoggedEvent>

const POLL_MS = 2000
const LIMIT = "100"
// The log is sorted by event time, so a late event appears among older ones.
const MAX_PAGES = 10
// Maximum difference between the API's clock and the collectors'.
const SKEW_MS = 5000
const REMEMBERED = 20_000

/**
 * Follows the event log of a Ringback that cannot connect to this machine. Its entries have no
 * signatures; forwarded webhooks are signed here.
 */
export async function followEvents(session: Session, listening: Listening): Promise<void> {
  const { api, terminal, stopped } = session
  const seen = new Set<string>()
  for (const { id } of (await readPage(session)).data) seen.add(id)
  const since = api.lastDate() - SKEW_MS
  terminal.note(
    terminal.paint("dim", `Following the event log of ${session.settings.url}; Ctrl-C ends.`),
  )
  if (listening.forward) noteSigningSecret(terminal, listening.secret)
  while (!stopped.aborted) {
    await sleep(POLL_MS, undefined, { signal: stopped }).catch(() => {})
    if (stopped.aborted) return
    for (const event of await readNew(session, seen, since)) await tell(event, listening)
    for (const id of seen) {
      if (seen.size <= REMEMBERED) break
      seen.delete(id)
    }
  }
}

const readPage = (session: Session, cursor?: string) =>
  session.api.get(pageOf(LoggedEvent), pathOf(session, "events"), { limit: LIMIT, cursor })

/** New entries of the log, oldest first. Stops at the first page without a new one. */
async function readNew(session: Session, seen: Set<string>, since: number): Promise<LoggedEvent[]> {
  const found: LoggedEvent[] = []
  let cursor: string | undefined
  try {
    for (let pages = 0; pages < MAX_PAGES; pages++) {
      const page = await readPage(session, cursor)
      const fresh = page.data.filter(
        ({ id, createdAt }) => !seen.has(id) && Date.parse(createdAt) >= since,
      )
      for (const { id } of fresh) seen.add(id)
      found.unshift(...fresh.toReversed())
      if (fresh.length === 0 || page.nextCursor === null) break
      cursor = page.nextCursor
    }
  } catch (error) {
    // A permanent refusal (a revoked key) ends the command. Other errors may be temporary, so the
    // next round tries again.
    if (error instanceof Refusal && error.status < 500 && error.status !== 429) throw error
    session.terminal.note(session.terminal.paint("yellow", `! ${(error as Error).message}`))
  }
  return found
}

async function tell(
  event: LoggedEvent,
  { eventTypes, forward, show, secret }: Listening,
): Promise<void> {
  if (eventTypes && !eventTypes.some((pattern) => isMatch(pattern, event.type))) return
  const { createdAt: _, ...webhook } = event
  const body = JSON.stringify(webhook)
  const signature = signatureHeaders(event.id, body, secret, Date.now())
  const forwarded = await forward?.(body, { "content-type": "application/json", ...signature })
  show({ webhook, at: Date.now(), problem: undefined, forwarded })
}

function isMatch(pattern: string, type: string): boolean {
  if (pattern === "*") return true
  return pattern.endsWith(".*") ? type.startsWith(pattern.slice(0, -1)) : type === pattern
}
