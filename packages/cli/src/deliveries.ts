import { type Command, Option } from "commander"
import { type Delivery, deliveryRow, deliveryTitles } from "./delivery.ts"
import { addListOptions, type ListOptions, printPage } from "./list.ts"
import { type OpenSession, pathOf, type Session } from "./session.ts"
import { plain, table } from "./terminal.ts"
import { localTime } from "./time.ts"
import { durationText } from "./webhook.ts"

type Attempt = {
  at: string
  statusCode: number | null
  durationMs: number
  error: string | null
  responseBody: string | null
}

type Options = ListOptions & { endpoint?: string; status?: string[]; eventType?: string }

const STATUSES = ["pending", "delivered", "failed", "held", "discarded"]

export function addDeliveries(program: Command, open: OpenSession): void {
  const command = program
    .command("deliveries")
    .summary("list deliveries, or show one with its attempts")
    .description("Lists what was sent to whom, newest first; with an id shows each attempt.")
    .argument("[id]", "a delivery: dlv_...")
    .option("--endpoint <id>", "to that endpoint")
    .addOption(
      new Option("--status <status...>", "in that status, or one of those").choices(STATUSES),
    )
    .option("--event-type <type>", "of events of that type")
  addListOptions(command, "of receipt")
  command.action(async (id: string | undefined, options: Options) => {
    const session = await open(command)
    if (id !== undefined) return showDelivery(session, id)
    const { endpoint: endpointId, status, eventType, after, before, limit, cursor } = options
    const query = { endpointId, status, eventType, after, before, limit, cursor }
    await printPage<Delivery>(session, pathOf(session, "/deliveries"), query, {
      titles: deliveryTitles,
      row: deliveryRow,
      none: "No deliveries.",
    })
  })
}

async function showDelivery(session: Session, id: string): Promise<void> {
  const { api, terminal, isJson } = session
  const path = pathOf(session, `/deliveries/${encodeURIComponent(id)}`)
  const delivery = await api.get<Delivery & { attempts: Attempt[] }>(path)
  if (isJson) return terminal.print(JSON.stringify(delivery))
  const [head = "", line = ""] = table([deliveryTitles, deliveryRow(delivery)])
  terminal.print(terminal.paint("dim", head))
  terminal.print(line)
  terminal.print(terminal.paint("dim", `of event ${plain(delivery.eventId)}`))
  for (const attempt of delivery.attempts) {
    const isGood = attempt.error === null && Math.floor((attempt.statusCode ?? 0) / 100) === 2
    const mark = isGood ? terminal.paint("green", "✓") : terminal.paint("red", "✗")
    const answer = [attempt.statusCode, attempt.error].filter((part) => part !== null).join(" ")
    const duration = durationText(attempt.durationMs)
    terminal.print(
      `${mark} ${localTime(attempt.at)}  ${plain(answer)}  ${terminal.paint("dim", duration)}`,
    )
    if (attempt.responseBody)
      terminal.print(terminal.paint("dim", `  ${plain(attempt.responseBody)}`))
  }
}
