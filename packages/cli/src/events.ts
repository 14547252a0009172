import type { Command } from "commander"
import { type Delivery, deliveryRow, deliveryTitles } from "./delivery.ts"
import { addListOptions, type ListOptions, printPage } from "./list.ts"
import { type OpenSession, pathOf, type Session } from "./session.ts"
import { plainJson, table } from "./terminal.ts"
import { localTime } from "./time.ts"
import { subjectOf, type Webhook } from "./webhook.ts"

type Options = ListOptions & { type?: string; source?: string; uuid?: string }

type FullEvent = Webhook & { deliveries?: Delivery[] }

export function addEvents(program: Command, open: OpenSession): void {
  const command = program
    .command("events")
    .summary("list events, or show one")
    .description("Lists what the PBXs said, newest first; with an id shows that event.")
    .argument("[id]", "an event: evt_...")
    .option("--type <type>", "of that type")
    .option("--source <id>", "of that source")
    .option("--uuid <uuid>", "of that campaign, call, ...")
  addListOptions(command, "of the event")
  command.action(async (id: string | undefined, options: Options) => {
    const session = await open(command)
    if (id !== undefined) return showEvent(session, id)
    await printPage<Webhook>(session, pathOf(session, "/events"), query(options), {
      titles: ["when", "type", "what", "id"],
      row: (event) => [localTime(event.timestamp), event.type, subjectOf(event.data), event.id],
      none: "No events.",
    })
  })
}

const query = ({ type, source, uuid, after, before, limit, cursor }: Options) => ({
  type,
  source,
  uuid,
  after,
  before,
  limit,
  cursor,
})

async function showEvent(session: Session, id: string): Promise<void> {
  const { api, terminal, isJson } = session
  const event = await api.get<FullEvent>(pathOf(session, `/events/${encodeURIComponent(id)}`))
  if (isJson) return terminal.print(JSON.stringify(event))
  const { deliveries = [], ...rest } = event
  terminal.print(plainJson(rest))
  if (deliveries.length === 0) return terminal.note("No deliveries: no endpoint wanted it.")
  const [head = "", ...lines] = table([deliveryTitles, ...deliveries.map(deliveryRow)])
  terminal.print(terminal.paint("dim", head))
  for (const line of lines) terminal.print(line)
}
