import type { Command } from "commander"
import * as v from "valibot"
import { Delivery, deliveryColumns } from "../delivery.ts"
import { addExamples, readId } from "../group.ts"
import { addListOptions, type ListOptions, printPage } from "../list.ts"
import { plainJson } from "../plain.ts"
import { type Open, pathOf, type Session } from "../session.ts"
import { printTable } from "../table.ts"
import { timeText } from "../time.ts"
import { styleOfType, subjectOf, Webhook } from "../webhook.ts"

type Options = ListOptions & { type?: string; source?: string; uuid?: string }

const EventWithDeliveries = v.looseObject({
  ...Webhook.entries,
  deliveries: v.optional(v.array(Delivery), []),
})

export function addEvents(program: Command, open: Open): void {
  const command = program
    .command("events")
    .summary("list events, or show one")
    .description("Lists events, newest first. With an id, shows that event and its deliveries.")
    .argument("[id]", "an event: evt_...", (text) => readId(text, "an event", "evt"))
    .option("--type <type>", "only events of that type")
    .option("--source <id>", "only events of that source")
    .option("--uuid <uuid>", "only events of that campaign, call, ...")
  addListOptions(command, "of the event")
  addExamples(command, [
    ["events --type dialing.updated --after 10m"],
    ["events evt_...", "the event and its deliveries"],
  ])
  command.action(async (id: string | undefined, options: Options) => {
    const session = await open.open(command)
    if (id !== undefined) return showEvent(session, id)
    await printPage(
      session,
      pathOf(session, "events"),
      { ...options },
      {
        item: Webhook,
        columns: [
          { title: "when", text: ({ timestamp }, isNarrow) => timeText(timestamp, isNarrow) },
          { title: "type", text: ({ type }) => type, style: ({ type }) => styleOfType(type) },
          { title: "what", text: ({ data }) => subjectOf(data), isFlexible: true, isExtra: true },
          { title: "", text: ({ test }) => (test ? "test" : ""), isExtra: true },
          { title: "id", text: (event) => event.id },
        ],
        none: "No events.",
      },
    )
  })
}

async function showEvent(session: Session, id: string): Promise<void> {
  const { api, terminal, isJson } = session
  const event = await api.get(EventWithDeliveries, pathOf(session, "events", id))
  if (isJson) return terminal.print(JSON.stringify(event))
  const { deliveries, ...rest } = event
  terminal.print(plainJson(rest))
  if (deliveries.length === 0) return terminal.note("No deliveries: no endpoint wanted it.")
  printTable(terminal, deliveryColumns, deliveries)
}
