import { setTimeout as sleep } from "node:timers/promises"
import type { Command } from "commander"
import * as v from "valibot"
import { Endpoint } from "../endpoint.ts"
import { Failure } from "../failure.ts"
import { addExamples } from "../group.ts"
import { makeForward, type Forward, type Forwarded } from "../listen/forward.ts"
import { Refusal } from "../refusal.ts"
import { pathOf, type Open, type Session } from "../session.ts"
import { durationText, webhookIn, webhookLine } from "../webhook.ts"

const Message = v.looseObject({
  deliveryId: v.string(),
  headers: v.record(v.string(), v.string()),
  body: v.string(),
  lease: v.string(),
})
type Message = v.InferOutput<typeof Message>

const Fetched = v.looseObject({ messages: v.array(Message) })
const Acked = v.looseObject({ acked: v.array(v.string()), lost: v.array(v.string()) })
const PullEndpoint = v.looseObject({ ...Endpoint.entries, pull: v.optional(v.boolean()) })

// Ten messages are posted one after the other, each within 15 s.
const FETCH = { limit: 10, waitSeconds: 20, leaseSeconds: 300 }
// An empty page that comes sooner did not wait: too many of the tenant's requests wait already.
const LEAST_WAIT_MS = 10_000
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 60_000

export function addPull(program: Command, open: Open): void {
  const pull = program
    .command("pull")
    .summary("fetch the webhooks of a pull endpoint and post them to your receiver")
    .description(
      "For a receiver that Ringback cannot reach. Fetches the messages of an endpoint with pull: true " +
        "and posts them to the URL with their signatures. A message is acknowledged when the URL " +
        "answers 2xx, otherwise it is returned again after five minutes. The command has no state: " +
        "stop it at any time, or run several.",
    )
    .requiredOption("--forward-to <url>", "your receiver")
    .option("--endpoint <id>", "endpoint to fetch from (default: the only pull endpoint)")
  addExamples(pull, [["pull --forward-to http://127.0.0.1:8080/webhooks"]])
  pull.action(async (options: { forwardTo: string; endpoint?: string }) => {
    const forward = makeForward(options.forwardTo)
    const session = await open.open(pull)
    const endpointId = options.endpoint ?? (await onlyPullEndpoint(session))
    const { terminal } = session
    terminal.note(terminal.paint("dim", `Fetching from ${endpointId}; Ctrl-C ends.`))
    await work(session, endpointId, forward)
  })
}

async function onlyPullEndpoint(session: Session): Promise<string> {
  const all = await session.api.all(PullEndpoint, pathOf(session, "endpoints"))
  const found = all.filter(({ pull }) => pull)
  const [only, ...others] = found
  if (only && others.length === 0) return only.id
  if (!only) throw new Failure("There is no endpoint with pull: true.", 2)
  const list = found.map(({ id, description }) => `\n  ${id}  ${description ?? ""}`).join("")
  throw new Failure(
    `There is more than one pull endpoint: choose one with --endpoint ID.${list}`,
    2,
  )
}

async function work(session: Session, endpointId: string, forward: Forward): Promise<void> {
  const { stopped } = session
  for (let failures = 0; !stopped.aborted;) {
    const isFine = await round(session, endpointId, forward)
    failures = isFine ? 0 : failures + 1
    if (isFine || stopped.aborted) continue
    const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1))
    await sleep(pauseMs, undefined, { signal: stopped }).catch(() => {})
  }
}

/** One fetch and its deliveries. False if the fetch failed or did not wait, or if it returned messages and none was accepted. */
async function round(session: Session, endpointId: string, forward: Forward): Promise<boolean> {
  const { api, stopped } = session
  const path = pathOf(session, "endpoints", endpointId, "messages")
  const startedAt = performance.now()
  try {
    const fetched = await unlessStopped(api.post(Fetched, path, FETCH), stopped)
    if (!fetched) return true
    const { messages } = fetched
    const taken: Message[] = []
    for (const message of messages) {
      // The rest stays leased and is returned again later.
      if (stopped.aborted) break
      const forwarded = await forward(message.body, message.headers)
      if (isTaken(forwarded)) taken.push(message)
      show(session, message, forwarded)
    }
    if (taken.length > 0) await acknowledge(session, path, taken)
    if (messages.length > 0) return taken.length > 0
    if (performance.now() - startedAt >= LEAST_WAIT_MS) return true
    throw new Failure("Nothing yet, and too many of the tenant's requests wait already.")
  } catch (error) {
    // A permanent refusal (a revoked key, a deleted endpoint) ends the command. Other errors may be
    // temporary.
    if (error instanceof Refusal && error.status < 500 && ![409, 429].includes(error.status))
      throw error
    if (!(error instanceof Failure)) throw error
    session.terminal.note(session.terminal.paint("yellow", `! ${error.message}`))
    return false
  }
}

async function acknowledge(session: Session, path: string, taken: Message[]): Promise<void> {
  const acks = taken.map(({ deliveryId, lease }) => ({ deliveryId, lease }))
  const { lost } = await session.api.post(Acked, `${path}/ack`, { acks })
  if (lost.length === 0) return
  const words = `! ${lost.length} acknowledged too late: they come again, or were discarded`
  session.terminal.note(session.terminal.paint("yellow", words))
}

const isTaken = ({ statusCode }: Forwarded) =>
  statusCode !== null && statusCode >= 200 && statusCode < 300

/**
 * A fetch may wait for long. Messages that it still returns are leased and returned again later.
 */
async function unlessStopped<T>(work: Promise<T>, stopped: AbortSignal): Promise<T | undefined> {
  if (stopped.aborted) return undefined
  const stop = Promise.withResolvers<undefined>()
  const onStop = () => stop.resolve(undefined)
  stopped.addEventListener("abort", onStop)
  work.catch(() => undefined)
  try {
    return await Promise.race([work, stop.promise])
  } finally {
    stopped.removeEventListener("abort", onStop)
  }
}

function show({ terminal, isJson }: Session, message: Message, forwarded: Forwarded): void {
  const at = Date.now()
  const webhook = webhookIn(message.body, message.headers["webhook-id"] ?? message.deliveryId)
  if (isJson) {
    const { deliveryId } = message
    const line = { fetchedAt: new Date(at).toISOString(), deliveryId, forwarded, webhook }
    return terminal.print(JSON.stringify(line))
  }
  const answer = `${forwarded.statusCode ?? forwarded.error} in ${durationText(forwarded.durationMs)}`
  const rest = [terminal.paint(isTaken(forwarded) ? "green" : "red", `→ ${answer}`)]
  terminal.print(webhookLine(terminal, webhook, { at, rest }))
}
