import type { Command } from "commander"
import * as v from "valibot"
import { addExamples } from "../group.ts"
import { addListOptions, type ListOptions, printPage } from "../list.ts"
import { type Open, pathOf } from "../session.ts"
import { timeText } from "../time.ts"

const Entry = v.looseObject({
  at: v.string(),
  actor: v.string(),
  action: v.string(),
  target: v.nullable(v.string()),
  changes: v.record(v.string(), v.unknown()),
})

export function addAudit(program: Command, open: Open): void {
  const command = program
    .command("audit")
    .summary("list changes made through the API")
    .description("Lists who changed what through the API, newest first.")
    .option("--target <id>", "only changes of that endpoint, key, source, ...")
  addListOptions(command, "of the change")
  addExamples(command, [["audit --after 2d"], ["audit --target ep_..."]])
  command.action(async (options: ListOptions & { target?: string }) => {
    const session = await open.open(command)
    await printPage(
      session,
      pathOf(session, "audit"),
      { ...options },
      {
        item: Entry,
        columns: [
          { title: "when", text: ({ at }, isNarrow) => timeText(at, isNarrow) },
          { title: "who", text: ({ actor }) => actor },
          { title: "did", text: ({ action }) => action },
          { title: "to", text: ({ target }) => target ?? "", isExtra: true },
          {
            title: "with",
            text: ({ changes }) => (Object.keys(changes).length > 0 ? JSON.stringify(changes) : ""),
            isFlexible: true,
            isExtra: true,
          },
        ],
        none: "No changes.",
      },
    )
  })
}
