import type { Command } from "commander"
import { addExamples } from "../group.ts"
import { listenAsEndpoint } from "../listen/as-endpoint.ts"
import { followEvents } from "../listen/event-log.ts"
import { makeForward } from "../listen/forward.ts"
import type { Shown } from "../listen/listening.ts"
import { listenSecret } from "../listen/secret.ts"
import { readWords } from "../pairs.ts"
import { plainJson } from "../plain.ts"
import type { Open, Session } from "../session.ts"
import { isNarrow } from "../terminal.ts"
import { durationText, webhookLine } from "../webhook.ts"

type Options = {
  forwardTo?: string
  eventTypes?: string[]
  body?: boolean
  printSecret?: boolean
}

export function addListen(program: Command, open: Open): void {
  const listen = program
    .command("listen")
    .summary("show webhooks as they arrive, and post them to your receiver")
    .description(
      "Shows webhooks as they arrive. If Ringback runs on this machine, an endpoint is created until " +
        "Ctrl-C. A Ringback elsewhere cannot reach this machine, so its event log is polled. " +
        "Forwarded webhooks are signed, with the same secret in each run.",
    )
    .option("--event-types <types>", "only these types: campaign.*,dialing.updated", readWords)
    .option("--forward-to <url>", "also post each webhook to that URL, and return its status")
    .option("--body", "also show the bodies")
    .option("--print-secret", "print the secret that signs the webhooks, and exit")
  addExamples(listen, [
    ["listen --event-types 'call.*'"],
    ["listen --forward-to http://127.0.0.1:8080/webhooks"],
    ["listen --print-secret", "for the settings of your receiver"],
  ])
  listen.action(async (options: Options) => {
    const forward = options.forwardTo === undefined ? undefined : makeForward(options.forwardTo)
    const session = await open.open(listen)
    const secret = listenSecret(session.settings.key, session.tenant)
    if (options.printSecret) return session.terminal.print(secret)
    const show = (shown: Shown) => print(session, shown, options.body === true)
    const listening = { eventTypes: options.eventTypes ?? null, forward, show, secret }
    await (session.settings.isLocal ? listenAsEndpoint : followEvents)(session, listening)
  })
}

function print({ terminal, isJson }: Session, shown: Shown, withBody: boolean): void {
  const { webhook, at, problem, forwarded } = shown
  if (isJson) {
    const verified = problem === undefined ? undefined : problem === null
    const receivedAt = new Date(at).toISOString()
    return terminal.print(JSON.stringify({ receivedAt, verified, problem, forwarded, webhook }))
  }
  const rest: string[] = []
  if (problem === null)
    rest.push(terminal.paint("green", isNarrow(terminal) ? "✓" : "✓ signature ok"))
  else if (problem !== undefined) rest.push(terminal.paint(["red", "bold"], `✗ ${problem}`))
  if (forwarded) {
    const isSuccess = forwarded.statusCode !== null && forwarded.statusCode < 300
    const answer = `${forwarded.statusCode ?? forwarded.error} in ${durationText(forwarded.durationMs)}`
    rest.push(terminal.paint(isSuccess ? "green" : "red", `→ ${answer}`))
  }
  terminal.print(webhookLine(terminal, webhook, { at, rest }))
  if (withBody) terminal.print(plainJson(webhook))
}
