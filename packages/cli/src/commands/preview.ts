import type { Command } from "commander"
import * as v from "valibot"
import { addExamples } from "../group.ts"
import { readData, readExpression, readFilter } from "../pairs.ts"
import { plain } from "../plain.ts"
import { type Open, pathOf } from "../session.ts"

const Previewed = v.looseObject({
  matches: v.boolean(),
  requests: v.array(
    v.looseObject({
      method: v.string(),
      url: v.string(),
      headers: v.record(v.string(), v.string()),
      body: v.nullable(v.string()),
    }),
  ),
  error: v.nullable(v.string()),
})

type Options = { to?: string; transform?: string; connector?: unknown; filter?: unknown }

export function addPreview(program: Command, open: Open): void {
  const preview = program
    .command("preview")
    .summary("show what a transform or a connector would send")
    .description("Shows the requests that would be sent to an endpoint. Nothing is sent.")
    .argument("[event]", "an event type (its example is used) or an event id")
    .option("--transform <jsonata>", "the expression, or @file", readExpression)
    .option("--connector <json>", "settings of a CRM connector, or @file", readData)
    .option("--filter <path=values>", "a filter to test: data.status=0,1", readFilter)
    .option("--to <url>", "where webhooks are posted")
  addExamples(preview, [
    [`preview campaign.updated --transform '{"text": data.name}'`],
    [`preview call.completed --connector '{"kind": "hubspot"}'`],
  ])
  preview.action(async (event: string | undefined, options: Options) => {
    const session = await open.open(preview)
    const { to, ...others } = options
    const body = {
      ...others,
      ...(to !== undefined && { url: to }),
      ...(event !== undefined && { event }),
    }
    const answer = await session.api.post(Previewed, pathOf(session, "endpoints", "preview"), body)
    const { terminal, isJson } = session
    if (isJson) return terminal.print(JSON.stringify(answer))
    for (const { method, url, headers, body: sent } of answer.requests) {
      terminal.print(`${terminal.paint("green", method)} ${plain(url)}`)
      for (const [name, value] of Object.entries(headers))
        terminal.print(terminal.paint("dim", `${plain(name)}: ${plain(value)}`))
      if (sent !== null) terminal.print(plain(sent))
    }
    if (answer.error !== null) terminal.note(`Stopped here: ${plain(answer.error)}`)
    if (!answer.matches) terminal.note("The filter or the event types do not match this event.")
  })
}
