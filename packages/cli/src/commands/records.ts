import { type Command, Option } from "commander"
import * as v from "valibot"
import { addExamples } from "../group.ts"
import { addPageOptions, type PageOptions, printPage } from "../list.ts"
import { type Open, pathOf } from "../session.ts"

const KINDS = ["campaign", "plan", "dlma", "destination", "dllist"]

const Listed = v.looseObject({
  kind: v.string(),
  source: v.string(),
  uuid: v.string(),
  data: v.nullish(v.record(v.string(), v.unknown())),
})

export function addRecords(program: Command, open: Open): void {
  const command = program
    .command("records")
    .summary("list campaigns, plans, dial lists, ... in their last known state")
    .description("Lists the dialler's records that calls refer to, in their last known state.")
    .addOption(new Option("--kind <kind>", "only records of that kind").choices(KINDS))
    .option("--uuid <uuid>", "only the record with that Uuid")
  addExamples(command, [["records --kind campaign"], ["records --uuid 5b0c4a50-... --json"]])
  addPageOptions(command).action(
    async (options: PageOptions & { kind?: string; uuid?: string }) => {
      const session = await open.open(command)
      await printPage(
        session,
        pathOf(session, "records"),
        { ...options },
        {
          item: Listed,
          columns: [
            { title: "kind", text: ({ kind }) => kind },
            { title: "uuid", text: ({ uuid }) => uuid },
            { title: "name", text: ({ data }) => textOf(data?.["name"]), isFlexible: true },
            { title: "status", text: ({ data }) => textOf(data?.["statusName"]), isExtra: true },
            { title: "source", text: ({ source }) => source, isExtra: true },
          ],
          none: "No records. They are kept while an endpoint asks for calls (call.*).",
        },
      )
    },
  )
}

const textOf = (value: unknown) => (typeof value === "string" ? value : "")
