import type { Command } from "commander"
import * as v from "valibot"
import { addExamples, idArgument, optionalId } from "../group.ts"
import { addPageOptions, type PageOptions, printPage } from "../list.ts"
import { confirmAction, sayDone, sayRecord } from "../say.ts"
import { type Open, pathOf } from "../session.ts"
import { timeText } from "../time.ts"

const Tenant = v.looseObject({ id: v.string(), name: v.string(), createdAt: v.string() })

const aTenant = { one: "a tenant", prefix: "ten" }
const id = () => idArgument("<id>", aTenant)

export function addTenants(program: Command, open: Open): void {
  const group = program
    .command("tenants")
    .helpCommand(false)
    .summary("list, make, rename and delete tenants (the operator's key)")
    .description(
      "Customers of the call centre. Without a command lists them; with an id shows one.",
    )
  addExamples(group, [["tenants"], ["tenants create 'Acme Collections'"]])
  const show = async (command: Command, tenant: string) => {
    const connection = open.connect(command)
    sayRecord(connection, await connection.api.get(Tenant, pathOf({ tenant })))
  }
  const list = group
    .command("list", { isDefault: true })
    .description("Lists tenants; with an id shows one.")
    .addArgument(optionalId(group, aTenant))
  addPageOptions(list).action(async (tenant: string | undefined, options: PageOptions) => {
    if (tenant !== undefined) return show(list, tenant)
    const connection = open.connect(list)
    await printPage(
      connection,
      "/tenants",
      { ...options },
      {
        item: Tenant,
        columns: [
          { title: "id", text: (each) => each.id },
          { title: "name", text: ({ name }) => name, isFlexible: true },
          { title: "made", text: ({ createdAt }, isNarrow) => timeText(createdAt, isNarrow) },
        ],
        none: `No tenants. \`${connection.name} tenants create NAME\` makes one.`,
      },
    )
  })
  group
    .command("get")
    .description("Shows a tenant.")
    .addArgument(id())
    .action((tenant: string, _: object, command: Command) => show(command, tenant))
  addWriting(group, open)
}

function addWriting(group: Command, open: Open): void {
  group
    .command("create")
    .description("Makes a tenant.")
    .argument("<name>", "what the customer is called")
    .action(async (name: string, _: object, command: Command) => {
      const connection = open.connect(command)
      sayRecord(connection, await connection.api.post(Tenant, "/tenants", { name }))
    })
  group
    .command("update")
    .description("Renames a tenant.")
    .addArgument(id())
    .requiredOption("--name <name>", "the new name")
    .action(async (tenant: string, { name }: { name: string }, command: Command) => {
      const connection = open.connect(command)
      const path = pathOf({ tenant })
      sayRecord(connection, await connection.api.patch(Tenant, path, { name }))
    })
  group
    .command("delete")
    .description("Deletes a tenant with all that is its own.")
    .addArgument(id())
    .option("-y, --yes", "do not ask")
    .action(async (tenant: string, { yes }: { yes?: boolean }, command: Command) => {
      const connection = open.connect(command)
      await confirmAction(connection, yes, `Delete the tenant ${tenant} with all that is its own?`)
      await connection.api.delete(pathOf({ tenant }))
      sayDone(connection, { id: tenant, deleted: true }, `${tenant} was deleted`)
    })
}
