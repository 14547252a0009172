import type { Command } from "commander"
import * as v from "valibot"
import { printRecord } from "../print.ts"
import type { Open } from "../session.ts"

const Caller = v.looseObject({
  kind: v.string(),
  tenantId: v.nullable(v.string()),
  scope: v.string(),
})

export function addWhoami(program: Command, open: Open): void {
  program
    .command("whoami")
    .summary("show the key's owner, scope and API URL")
    .description("Shows the owner and the scope of the key, and the URL of the API.")
    .action(async (_: object, command: Command) => {
      const connection = open.connect(command)
      const caller = await connection.api.get(Caller, "/whoami")
      if (connection.isJson) return printRecord(connection, caller)
      const { kind, tenantId, scope } = caller
      const reach = tenantId ?? "every tenant"
      printRecord(connection, { key: kind, reaches: reach, scope, api: connection.settings.url })
    })
}
