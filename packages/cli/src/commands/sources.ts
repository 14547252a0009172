import type { Command } from "commander"
import * as v from "valibot"
import { addExamples, idArgument, optionalId } from "../group.ts"
import { addPageOptions, type PageOptions, printPage } from "../list.ts"
import { readSeconds } from "../pairs.ts"
import { confirmAction, printResult, printRecord } from "../print.ts"
import { type Open, pathOf } from "../session.ts"
import type { Style } from "../terminal.ts"
import { timeText } from "../time.ts"

const Source = v.looseObject({
  id: v.string(),
  name: v.string(),
  status: v.optional(v.string()),
  lastSeenAt: v.nullish(v.string()),
  version: v.nullish(v.string()),
})

const STYLES: Record<string, Style> = { connected: "green", disconnected: "red", silent: "red" }
const KEEP =
  "Store the token now: it is shown only once. Its collectors need it as RINGBACK_SOURCE_TOKEN."
const aSource = { one: "a source", prefix: "src" }
const id = () => idArgument("<id>", aSource)

export function addSources(program: Command, open: Open): void {
  const group = program
    .command("sources")
    .helpCommand(false)
    .summary("list, create, rename and delete sources (PBXs), and rotate their tokens")
    .description("PBXs that collectors read. Without a command, lists them. With an id, shows one.")
  addExamples(group, [
    ["sources"],
    ["sources create 'pbx-1, Copenhagen'", "shows the token for its collectors"],
    ["sources rotate src_... --overlap 7d"],
  ])
  addReading(group, open)
  addWriting(group, open)
}

function addReading(group: Command, open: Open): void {
  const show = async (command: Command, sourceId: string) => {
    const session = await open.open(command)
    printRecord(session, await session.api.get(Source, pathOf(session, "sources", sourceId)))
  }
  const list = group
    .command("list", { isDefault: true })
    .description("Lists sources. With an id, shows one.")
    .addArgument(optionalId(group, aSource))
  addPageOptions(list).action(async (sourceId: string | undefined, options: PageOptions) => {
    if (sourceId !== undefined) return show(list, sourceId)
    const session = await open.open(list)
    await printPage(
      session,
      pathOf(session, "sources"),
      { ...options },
      {
        item: Source,
        columns: [
          { title: "id", text: (source) => source.id },
          { title: "name", text: ({ name }) => name, isFlexible: true },
          {
            title: "status",
            text: ({ status }) => status ?? "",
            style: ({ status }) => STYLES[status ?? ""],
          },
          {
            title: "last seen",
            text: (source, isNarrow) => timeText(source.lastSeenAt ?? null, isNarrow),
          },
          { title: "version", text: ({ version }) => version ?? "", isExtra: true },
        ],
        none: `No sources. \`${session.name} sources create NAME\` creates one.`,
      },
    )
  })
  group
    .command("get")
    .description("Shows a source.")
    .addArgument(id())
    .action((sourceId: string, _: object, command: Command) => show(command, sourceId))
}

function addWriting(group: Command, open: Open): void {
  group
    .command("create")
    .description("Creates a source. The token for its collectors is shown only once.")
    .argument("<name>", "a name for the PBX")
    .action(async (name: string, _: object, command: Command) => {
      const session = await open.open(command)
      const made = await session.api.post(Source, pathOf(session, "sources"), { name })
      if (!session.isJson) session.terminal.note(KEEP)
      printRecord(session, made)
    })
  group
    .command("update")
    .description("Renames a source.")
    .addArgument(id())
    .requiredOption("--name <name>", "the new name")
    .action(async (sourceId: string, { name }: { name: string }, command: Command) => {
      const session = await open.open(command)
      const path = pathOf(session, "sources", sourceId)
      printRecord(session, await session.api.patch(Source, path, { name }))
    })
  group
    .command("rotate")
    .description("Gives a source a new token. During the overlap the old one is valid, too.")
    .addArgument(id())
    .option("--overlap <duration>", "how long both are valid: 0 to 30d (default: 14d)", readSeconds)
    .action(async (sourceId: string, { overlap }: { overlap?: number }, command: Command) => {
      const session = await open.open(command)
      const path = pathOf(session, "sources", sourceId, "rotate")
      const body = overlap === undefined ? {} : { overlapSeconds: overlap }
      const rotated = await session.api.post(Source, path, body)
      if (!session.isJson) session.terminal.note(KEEP)
      printRecord(session, rotated)
    })
  group
    .command("delete")
    .description("Deletes a source. Messages that its collectors still send are discarded.")
    .addArgument(id())
    .option("-y, --yes", "do not ask for confirmation")
    .action(async (sourceId: string, { yes }: { yes?: boolean }, command: Command) => {
      const session = await open.open(command)
      await confirmAction(session, yes, `Delete the source ${sourceId}?`)
      await session.api.delete(pathOf(session, "sources", sourceId))
      printResult(session, { id: sourceId, deleted: true }, `${sourceId} was deleted`)
    })
}
