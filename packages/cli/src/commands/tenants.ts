import type { Command } from "commander"
import * as v from "valibot"
import { addExamples, idArgument, optionalId } from "../group.ts"
import { addPageOptions, type PageOptions, printPage } from "../list.ts"
import { confirmAction, printResult, printRecord } from "../print.ts"
import { type Open, pathOf } from "../session.ts"
import { timeText } from "../time.ts"

const Tenant = v.looseObject({ id: v.string(), name: v.string(), createdAt: v.string() })

const aTenant = { one: "a tenant", prefix: "ten" }
const id = () => idArgument("<id>", aTenant)

export function addTenants(program: Command, open: Open): void {
  const group = program
    .command("tenants")
    .helpCommand(false)
    .summary("list, create, rename and delete tenants (operator key only)")
    .description(
      "Customers of the call centre. Without a command, lists them. With an id, shows one.",
    )
  addExamples(group, [["tenants"], ["tenants create 'Acme Collections'"]])
  const show = async (command: Command, tenant: string) => {
    const connection = open.connect(command)
    printRecord(connection, await connection.api.get(Tenant, pathOf({ tenant })))
  }
  const list = group
    .command("list", { isDefault: true })
    .description("Lists tenants. With an id, shows one.")
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
          { title: "created", text: ({ createdAt }, isNarrow) => timeText(createdAt, isNarrow) },
        ],
        none: `No tenants. \`${connection.name} tenants create NAME\` creates one.`,
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
    .description("Creates a tenant.")
    .argument("<name>", "the customer's name")
    .action(async (name: string, _: object, command: Command) => {
      const connection = open.connect(command)
      printRecord(connection, await connection.api.post(Tenant, "/tenants", { name }))
    })
  group
    .command("update")
    .description("Renames a tenant.")
    .addArgument(id())
    .requiredOption("--name <name>", "the new name")
    .action(async (tenant: string, { name }: { name: string }, command: Command) => {
      const connection = open.connect(command)
      const path = pathOf({ tenant })
      printRecord(connection, await connection.api.patch(Tenant, path, { name }))
    })
  group
    .command("delete")
    .description("Deletes a tenant and all its data.")
    .addArgument(id())
    .option("-y, --yes", "do not ask for confirmation")
    .action(async (tenant: string, { yes }: { yes?: boolean }, command: Command) => {
      const connection = open.connect(command)
      await confirmAction(connection, yes, `Delete the tenant ${tenant} and all its data?`)
      await connection.api.delete(pathOf({ tenant }))
      printResult(connection, { id: tenant, deleted: true }, `${tenant} was deleted`)
    })
}
