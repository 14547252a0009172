import type { Command } from "commander"
import { followEvents } from "./follow.ts"
import { makeForward } from "./forward.ts"
import type { Shown } from "./listening.ts"
import { type OpenSession, type Session } from "./session.ts"
import { listenAsEndpoint } from "./listen-endpoint.ts"
import { plainJson } from "./terminal.ts"
import { durationText, webhookLine } from "./webhook.ts"

type Options = { forwardTo?: string; eventTypes?: string[]; body?: boolean }

export function addListen(program: Command, open: OpenSession): void {
  program
    .command("listen")
    .summary("show webhooks as they arrive")
    .description(
      "Shows webhooks as they arrive. On this machine it is an endpoint of its own until Ctrl-C; of a " +
        "Ringback elsewhere, which cannot reach this machine, it follows the event log.",
    )
    .option("--event-types <types>", "only those: campaign.*,dialing.updated", readTypes)
    .option("--forward-to <url>", "post each webhook there, too, and answer as that URL does")
    .option("--body", "show the bodies, too")
    .action(async (options: Options, command: Command) => {
      const forward = options.forwardTo === undefined ? undefined : makeForward(options.forwardTo)
      const session = await open(command)
      const show = (shown: Shown) => print(session, shown, options.body === true)
      const listening = { eventTypes: options.eventTypes ?? null, forward, show }
      await (session.settings.isLocal ? listenAsEndpoint : followEvents)(session, listening)
    })
}

const readTypes = (text: string, before: string[] = []) => [
  ...before,
  ...text
    .split(",")
    .map((type) => type.trim())
    .filter((type) => type !== ""),
]

function print({ terminal, isJson }: Session, shown: Shown, withBody: boolean): void {
  const { webhook, at, problem, forwarded } = shown
  if (isJson) {
    const verified = problem === undefined ? undefined : problem === null
    const receivedAt = new Date(at).toISOString()
    return terminal.print(JSON.stringify({ receivedAt, verified, problem, forwarded, webhook }))
  }
  const rest: string[] = []
  if (problem === null) rest.push(terminal.paint("green", "✓ signature ok"))
  else if (problem !== undefined) rest.push(terminal.paint(["red", "bold"], `✗ ${problem}`))
  if (forwarded) {
    const isGood = forwarded.statusCode !== null && forwarded.statusCode < 300
    const answer = `${forwarded.statusCode ?? forwarded.error} in ${durationText(forwarded.durationMs)}`
    rest.push(terminal.paint(isGood ? "green" : "red", `→ ${answer}`))
  }
  terminal.print(webhookLine(terminal, webhook, { at, rest }))
  if (withBody) terminal.print(plainJson(webhook))
}
