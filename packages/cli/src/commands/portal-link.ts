import { type Command, Option } from "commander"
import * as v from "valibot"
import { addExamples } from "../group.ts"
import { readSeconds } from "../pairs.ts"
import { type Open, pathOf } from "../session.ts"
import { localTime } from "../time.ts"

const Link = v.looseObject({ url: v.string(), expiresAt: v.string() })

type Options = { expiresIn?: number; scope?: string }

export function addPortalLink(program: Command, open: Open): void {
  const command = program
    .command("portal-link")
    .summary("print a single-use link to the tenant's portal")
    .description(
      "Prints a single-use link that opens the tenant's portal in a browser without a key.",
    )
    .option(
      "--expires-in <duration>",
      "how long the link is valid: 1m to 7d (default: 1h)",
      readSeconds,
    )
    .addOption(
      new Option("--scope <scope>", "permissions of the session (default: full)").choices([
        "full",
        "read",
      ]),
    )
    .action(async ({ expiresIn, scope }: Options) => {
      const session = await open.open(command)
      const { terminal, isJson } = session
      const body = {
        ...(expiresIn !== undefined && { expiresInSeconds: expiresIn }),
        ...(scope !== undefined && { scope }),
      }
      const link = await session.api.post(Link, pathOf(session, "portal-links"), body)
      if (isJson) return terminal.print(JSON.stringify(link))
      terminal.print(link.url)
      terminal.note(
        terminal.paint(
          "dim",
          `Anyone who has the link can use it, once, until ${localTime(link.expiresAt)}.`,
        ),
      )
    })
  addExamples(command, [["portal-link --expires-in 1d --scope read"]])
}
