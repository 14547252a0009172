import { type Command, Option } from "commander"
import * as v from "valibot"
import { Delivery, deliveryColumns, statuses } from "../delivery.ts"
import { addExamples, readId } from "../group.ts"
import { addListOptions, type ListOptions, printPage } from "../list.ts"
import { plain } from "../plain.ts"
import { type Open, pathOf, type Session } from "../session.ts"
import { printTable } from "../table.ts"
import { localTime } from "../time.ts"
import { durationText } from "../webhook.ts"

const Attempt = v.looseObject({
  at: v.string(),
  statusCode: v.nullable(v.number()),
  durationMs: v.number(),
  error: v.nullable(v.string()),
  responseBody: v.nullish(v.string()),
})
type Attempt = v.InferOutput<typeof Attempt>

const DeliveryWithAttempts = v.looseObject({
  ...Delivery.entries,
  reason: v.nullish(v.string()),
  attempts: v.array(Attempt),
})

type Options = ListOptions & { endpoint?: string; status?: string[]; eventType?: string }

export function addDeliveries(program: Command, open: Open): void {
  const command = program
    .command("deliveries")
    .summary("list deliveries, or show one with its attempts")
    .description(
      "Lists deliveries, newest first. With an id, shows that delivery and its attempts.",
    )
    .argument("[id]", "a delivery: dlv_...", (text) => readId(text, "a delivery", "dlv"))
    .option("--endpoint <id>", "only deliveries to that endpoint")
    .addOption(
      new Option("--status <status...>", "only deliveries with one of these statuses").choices(
        statuses,
      ),
    )
    .option("--event-type <type>", "only deliveries of events of that type")
  addListOptions(command, "of receipt")
  addExamples(command, [
    ["deliveries --status failed held --after 2h"],
    ["deliveries dlv_...", "each attempt and its response"],
  ])
  command.action(async (id: string | undefined, options: Options) => {
    const session = await open.open(command)
    if (id !== undefined) return showDelivery(session, id)
    const { endpoint: endpointId, ...rest } = options
    const query = { endpointId, ...rest }
    await printPage(session, pathOf(session, "deliveries"), query, {
      item: Delivery,
      columns: deliveryColumns,
      none: "No deliveries.",
    })
  })
}

async function showDelivery(session: Session, id: string): Promise<void> {
  const { api, terminal, isJson } = session
  const delivery = await api.get(DeliveryWithAttempts, pathOf(session, "deliveries", id))
  if (isJson) return terminal.print(JSON.stringify(delivery))
  printTable(terminal, deliveryColumns, [delivery])
  terminal.print(terminal.paint("dim", `of event ${plain(delivery.eventId)}`))
  if (delivery.reason) terminal.print(terminal.paint("dim", `because ${plain(delivery.reason)}`))
  for (const attempt of delivery.attempts) showAttempt(session, attempt)
}

function showAttempt({ terminal }: Session, attempt: Attempt): void {
  const isSuccess = attempt.error === null && Math.floor((attempt.statusCode ?? 0) / 100) === 2
  const mark = isSuccess ? terminal.paint("green", "✓") : terminal.paint("red", "✗")
  const answer = [attempt.statusCode, attempt.error].filter((part) => part !== null).join(" ")
  const duration = terminal.paint("dim", durationText(attempt.durationMs))
  terminal.print(`${mark} ${localTime(attempt.at)}  ${plain(answer)}  ${duration}`)
  if (attempt.responseBody)
    terminal.print(terminal.paint("dim", `  ${plain(attempt.responseBody)}`))
}
