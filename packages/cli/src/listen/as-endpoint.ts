import { once } from "node:events"
import type { IncomingHttpHeaders } from "node:http"
import { hostname } from "node:os"
import * as v from "valibot"
import type { Api } from "../api.ts"
import { isNotFound } from "../refusal.ts"
import { pathOf, type Session } from "../session.ts"
import { webhookIn } from "../webhook.ts"
import { catchUp } from "./catch-up.ts"
import type { Forwarded } from "./forward.ts"
import type { Listening } from "./listening.ts"
import { type Received, startReceiver } from "./receiver.ts"
import { noteSigningSecret } from "./secret.ts"
import { verificationProblem } from "./verify.ts"

const Marked = v.looseObject({
  id: v.string(),
  metadata: v.optional(v.record(v.string(), v.string()), {}),
})
const Registered = v.looseObject({ id: v.string(), createdAt: v.string(), secret: v.string() })

/**
 * Registers a receiver on this machine as an endpoint and deletes the endpoint when stopped, so that no
 * deliveries accumulate. The secret is the same each time.
 */
export async function listenAsEndpoint(session: Session, listening: Listening): Promise<void> {
  const { api, terminal, stopped } = session
  const path = pathOf(session, "endpoints")
  await removeLeftBehind(api, path)
  // From the API's answer, which comes after the receiver's port is known.
  const secret = Promise.withResolvers<string>()
  const receiver = await startReceiver(async (received) =>
    receive(received, await secret.promise, listening),
  )
  try {
    const endpoint = await api.post(Registered, path, {
      url: receiver.url,
      eventTypes: listening.eventTypes,
      secret: listening.secret,
      description: "ringback listen",
      metadata: markOf(process.pid),
    })
    try {
      secret.resolve(endpoint.secret)
      noteSigningSecret(terminal, endpoint.secret)
      terminal.note(terminal.paint("dim", `Listening as ${endpoint.id}; Ctrl-C ends.`))
      const caughtUp = catchUp(session, `${path}/${endpoint.id}`, endpoint.createdAt, stopped)
      if (!stopped.aborted) await once(stopped, "abort")
      await caughtUp
    } finally {
      await remove(api, `${path}/${endpoint.id}`)
      terminal.note(terminal.paint("dim", `${endpoint.id} was removed.`))
    }
  } finally {
    await receiver.close()
  }
}

async function receive(
  { headers, body, at }: Received,
  secret: string,
  { forward, show }: Listening,
): Promise<number> {
  const problem = verificationProblem(signatureOf(headers), body, secret, at) ?? null
  const webhook = webhookIn(body.toString("utf8"), signatureOf(headers).id)
  // A webhook that fails verification is not forwarded.
  const forwarded = problem === null ? await forward?.(body, headers) : undefined
  show({ webhook, at, problem, forwarded })
  return problem === null ? answerOf(forwarded) : 400
}

// The forwarding target's status is returned, so that its failures are retried as in production.
const answerOf = (forwarded: Forwarded | undefined) =>
  forwarded ? (forwarded.statusCode ?? 502) : 204

function signatureOf(headers: IncomingHttpHeaders) {
  const value = (name: string) => String(headers[name] ?? "")
  return {
    id: value("webhook-id"),
    timestamp: value("webhook-timestamp"),
    signature: value("webhook-signature"),
  }
}

const markOf = (pid: number) => ({ "ringback-listen": `${pid}@${hostname()}`.slice(0, 200) })

// A killed listener leaves an endpoint whose deliveries all fail.
async function removeLeftBehind(api: Api, path: string): Promise<void> {
  for (const { id, metadata } of await api.all(Marked, path)) {
    const [pid, host] = (metadata["ringback-listen"] ?? "").split("@", 2)
    if (host === hostname() && !isAlive(Number(pid))) await remove(api, `${path}/${id}`)
  }
}

async function remove(api: Api, path: string): Promise<void> {
  await api.delete(path).catch((error: unknown) => {
    if (!isNotFound(error)) throw error
  })
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"
  }
}
