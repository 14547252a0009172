import type { Command } from "commander"
import * as v from "valibot"
import { pageOf } from "../answer.ts"
import { addExamples } from "../group.ts"
import { plainJson } from "../plain.ts"
import type { Open } from "../session.ts"
import { printPairs, printTable } from "../table.ts"
import { styleOfType } from "../webhook.ts"

const EventType = v.looseObject({
  type: v.string(),
  description: v.string(),
  schema: v.unknown(),
  example: v.unknown(),
  testable: v.optional(v.boolean()),
})

export function addEventTypes(program: Command, open: Open): void {
  const command = program
    .command("event-types")
    .summary("list event types, or show one with an example")
    .description("Lists event types. With a type, shows it with an example.")
    .argument("[type]", "such as dialing.updated")
    .option("--schema", "print only the JSON Schema of that type")
  addExamples(command, [
    ["event-types"],
    ["event-types call.completed"],
    ["event-types call.completed --schema > call.completed.json"],
  ])
  command.action(async (type: string | undefined, { schema }: { schema?: boolean }) => {
    const { api, terminal, isJson } = open.connect(command)
    if (type !== undefined) {
      const found = await api.get(EventType, `/event-types/${encodeURIComponent(type)}`)
      if (schema) return terminal.print(JSON.stringify(found.schema, null, 2))
      if (isJson) return terminal.print(JSON.stringify(found))
      printPairs(terminal, [
        ["type", found.type, styleOfType(found.type)],
        ["", found.description],
        ["trigger", triggerOf(found)],
      ])
      return terminal.print(plainJson(found.example))
    }
    const answer = await api.get(pageOf(EventType), "/event-types", { limit: "250" })
    if (isJson) return terminal.print(JSON.stringify(answer))
    printTable(
      terminal,
      [
        { title: "type", text: (each) => each.type, style: (each) => styleOfType(each.type) },
        { title: "trigger", text: triggerOf, isExtra: true },
        { title: "description", text: ({ description }) => description, isFlexible: true },
      ],
      answer.data,
    )
  })
}

const triggerOf = ({ type, testable }: { type: string; testable?: boolean | undefined }) =>
  type.startsWith("call.") ? "call" : testable ? "yes" : ""
