import type { Command } from "commander"
import * as v from "valibot"
import { sayRecord } from "../say.ts"
import type { Open } from "../session.ts"

const Caller = v.looseObject({
  kind: v.string(),
  tenantId: v.nullable(v.string()),
  scope: v.string(),
})

export function addWhoami(program: Command, open: Open): void {
  program
    .command("whoami")
    .summary("say whose the key is, and of which Ringback")
    .description("Says whose the key is, what it may do, and which Ringback it is for.")
    .action(async (_: object, command: Command) => {
      const connection = open.connect(command)
      const caller = await connection.api.get(Caller, "/whoami")
      if (connection.isJson) return sayRecord(connection, caller)
      const { kind, tenantId, scope } = caller
      const reach = tenantId ?? "every tenant"
      sayRecord(connection, { key: kind, reaches: reach, scope, api: connection.settings.url })
    })
}
