import { type Command, Option } from "commander"
import * as v from "valibot"
import { addExamples, idArgument } from "../group.ts"
import { addPageOptions, type PageOptions, printPage } from "../list.ts"
import { confirmAction, printResult, printRecord } from "../print.ts"
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
    .summary("list, create and revoke API keys")
    .description("API keys of a tenant. Without a command, lists them.")
  addExamples(group, [
    ["keys"],
    ["keys create 'crm, production' --expires 90d"],
    ["keys create dashboard --scope read", "a read-only key, which cannot see secrets"],
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
              title: "created",
              text: (key, isNarrow) => timeText(key.createdAt, isNarrow),
              isExtra: true,
            },
          ],
          none: `No keys. \`${session.name} keys create NAME\` creates one.`,
        },
      )
    },
  )
  group
    .command("create")
    .description("Creates a key. The key is shown only once.")
    .argument("<name>", "a name for the key")
    .addOption(
      new Option("--scope <scope>", "permissions of the key (default: full)").choices([
        "full",
        "read",
      ]),
    )
    .option("--expires <time>", "when the key expires: RFC 3339, or 12h, 90d from now", (text) =>
      readFuture(text, Date.now()),
    )
    .action(async (name: string, { scope, expires }: NewKey, command: Command) => {
      const session = await open.open(command)
      const made = await session.api.post(Key, pathOf(session, "keys"), {
        name,
        ...(scope !== undefined && { scope }),
        ...(expires !== undefined && { expiresAt: expires }),
      })
      if (!session.isJson) session.terminal.note("Store the key now: it is shown only once.")
      printRecord(session, made)
    })
  group
    .command("revoke")
    .alias("delete")
    .description("Revokes a key. Its next request is rejected.")
    .addArgument(idArgument("<id>", aKey))
    .option("-y, --yes", "do not ask for confirmation")
    .action(async (id: string, { yes }: { yes?: boolean }, command: Command) => {
      const session = await open.open(command)
      await confirmAction(session, yes, `Revoke the key ${id}?`)
      await session.api.delete(pathOf(session, "keys", id))
      printResult(session, { id, deleted: true }, `${id} was revoked`)
    })
}
