import { type Command, Option } from "commander"
import * as v from "valibot"
import { addExamples, idArgument } from "../group.ts"
import { addPageOptions, type PageOptions, printPage } from "../list.ts"
import { confirmAction, sayDone, sayRecord } from "../say.ts"
import { type Open, pathOf } from "../session.ts"
import { readFuture, timeText } from "../time.ts"

const Key = v.looseObject({
  id: v.string(),
  name: v.string(),
  scope: v.optional(v.string()),
  createdAt: v.string(),
  expiresAt: v.nullable(v.string()),
  lastUsedAt: v.nullable(v.string()),
})

const aKey = { one: "a key", prefix: "key" }

type NewKey = { scope?: string; expires?: string }

export function addKeys(program: Command, open: Open): void {
  const group = program
    .command("keys")
    .helpCommand(false)
    .summary("list, make and revoke keys to the API")
    .description("Keys to a tenant's API. Without a command lists them.")
  addExamples(group, [
    ["keys"],
    ["keys create 'crm, production' --expires 90d"],
    ["keys create dashboard --scope read", "a key that may only read, and sees no secret"],
  ])
  addPageOptions(group.command("list", { isDefault: true }).description("Lists keys.")).action(
    async (options: PageOptions, command: Command) => {
      const session = await open.open(command)
      await printPage(
        session,
        pathOf(session, "keys"),
        { ...options },
        {
          item: Key,
          columns: [
            { title: "id", text: ({ id }) => id },
            { title: "name", text: ({ name }) => name, isFlexible: true },
            { title: "scope", text: ({ scope }) => scope ?? "" },
            {
              title: "last used",
              text: (key, isNarrow) => timeText(key.lastUsedAt, isNarrow) || "never",
            },
            {
              title: "expires",
              text: (key, isNarrow) => timeText(key.expiresAt, isNarrow),
              isExtra: true,
            },
            {
              title: "made",
              text: (key, isNarrow) => timeText(key.createdAt, isNarrow),
              isExtra: true,
            },
          ],
          none: `No keys. \`${session.name} keys create NAME\` makes one.`,
        },
      )
    },
  )
  group
    .command("create")
    .description("Makes a key. Its text is shown this once.")
    .argument("<name>", "who is to use it")
    .addOption(new Option("--scope <scope>", "what it may do").choices(["full", "read"]))
    .option("--expires <time>", "until when it is good: RFC 3339, or 12h, 90d from now", (text) =>
      readFuture(text, Date.now()),
    )
    .action(async (name: string, { scope, expires }: NewKey, command: Command) => {
      const session = await open.open(command)
      const made = await session.api.post(Key, pathOf(session, "keys"), {
        name,
        ...(scope !== undefined && { scope }),
        ...(expires !== undefined && { expiresAt: expires }),
      })
      if (!session.isJson) session.terminal.note("Keep the key: it is shown this once.")
      sayRecord(session, made)
    })
  group
    .command("revoke")
    .alias("delete")
    .description("Revokes a key: its next request is refused.")
    .addArgument(idArgument("<id>", aKey))
    .option("-y, --yes", "do not ask")
    .action(async (id: string, { yes }: { yes?: boolean }, command: Command) => {
      const session = await open.open(command)
      await confirmAction(session, yes, `Revoke the key ${id}?`)
      await session.api.delete(pathOf(session, "keys", id))
      sayDone(session, { id, deleted: true }, `${id} was revoked`)
    })
}
