import type { Command } from "commander"
import { anEndpoint, Endpoint, endpointColumns, targetOf } from "../endpoint.ts"
import { addExamples, idArgument, optionalId } from "../group.ts"
import { addPageOptions, type PageOptions, printPage } from "../list.ts"
import { confirmAction, printResult, printRecord } from "../print.ts"
import { type Open, pathOf } from "../session.ts"
import { addEndpointChecks } from "./endpoint-checks.ts"
import { addSettings, bodyOf, type EndpointOptions } from "./endpoint-settings.ts"
import { addEndpointSecrets } from "./endpoint-secrets.ts"
import { addRecover } from "./recover.ts"

const id = () => idArgument("<id>", anEndpoint)

export function addEndpoints(program: Command, open: Open): void {
  const group = program
    .command("endpoints")
    .helpCommand(false)
    .summary("list, create, change, test and delete receivers of webhooks")
    .description("Receivers of webhooks. Without a command, lists them. With an id, shows one.")
  addExamples(group, [
    ["endpoints"],
    ["endpoints create https://crm.example.com/hooks --event-types campaign.*,dialing.updated"],
    ["endpoints test ep_...", "sends one example now and shows the response"],
    ["endpoints recover ep_... --since 2h --dry-run", "counts the deliveries that did not arrive"],
  ])
  addReading(group, open)
  addWriting(group, open)
  addEndpointChecks(group, open)
  addEndpointSecrets(group, open)
  addRecover(group, open)
}

function addReading(group: Command, open: Open): void {
  const show = async (command: Command, endpointId: string) => {
    const session = await open.open(command)
    printRecord(session, await session.api.get(Endpoint, pathOf(session, "endpoints", endpointId)))
  }
  const list = group
    .command("list", { isDefault: true })
    .description("Lists endpoints, newest first. With an id, shows one.")
    .addArgument(optionalId(group, anEndpoint))
  addPageOptions(list).action(async (endpointId: string | undefined, options: PageOptions) => {
    if (endpointId !== undefined) return show(list, endpointId)
    const session = await open.open(list)
    await printPage(
      session,
      pathOf(session, "endpoints"),
      { ...options },
      {
        item: Endpoint,
        columns: endpointColumns,
        none: `No endpoints. \`${session.name} endpoints create URL\` creates one.`,
      },
    )
  })
  group
    .command("get")
    .description("Shows all settings of an endpoint.")
    .addArgument(id())
    .action((endpointId: string, _: object, command: Command) => show(command, endpointId))
}

function addWriting(group: Command, open: Open): void {
  const create = group
    .command("create")
    .description("Creates an endpoint and shows the secret that signs its webhooks.")
    .argument("[url]", "where webhooks are posted")
  addSettings(create, "create").action(
    async (url: string | undefined, options: EndpointOptions) => {
      const session = await open.open(create)
      const body = { ...(url !== undefined && { url }), ...bodyOf(options) }
      const made = await session.api.post(Endpoint, pathOf(session, "endpoints"), body)
      if (!session.isJson) session.terminal.note(`${session.terminal.paint("green", "✓")} created`)
      printRecord(session, made)
    },
  )
  addExamples(create, [
    ["endpoints create https://crm.example.com/hooks"],
    ["endpoints create https://crm.example.com/hooks --filter data.status=0,1 --rate-limit 50"],
    [`endpoints create --data @endpoint.json`, "any setting of the API, from a file"],
  ])
  const update = group
    .command("update")
    .description("Changes settings of an endpoint. Settings that are not given stay as they are.")
    .addArgument(id())
  addSettings(update, "update").action(async (endpointId: string, options: EndpointOptions) => {
    const session = await open.open(update)
    const path = pathOf(session, "endpoints", endpointId)
    printRecord(session, await session.api.patch(Endpoint, path, bodyOf(options)))
  })
  addExamples(update, [
    ["endpoints update ep_... --event-types 'call.*' --rate-limit 10"],
    ["endpoints update ep_... --to https://crm.example.com/new --clear filter,rateLimit"],
  ])
  for (const [verb, disabled] of [
    ["enable", false],
    ["disable", true],
  ] as const) {
    group
      .command(verb)
      .description(
        disabled
          ? "Stops sending to an endpoint. Its pending and new deliveries are held."
          : "Enables an endpoint again. Held deliveries are sent by `recover`.",
      )
      .addArgument(id())
      .action(async (endpointId: string, _: object, command: Command) => {
        const session = await open.open(command)
        const path = pathOf(session, "endpoints", endpointId)
        const now = await session.api.patch(Endpoint, path, { disabled })
        const next = `${session.name} recover ${endpointId} --since 1d   sends held deliveries`
        printResult(session, now, `${targetOf(now)} is ${verb}d`, disabled ? [] : [next])
      })
  }
  group
    .command("delete")
    .description("Deletes an endpoint. Its pending deliveries are discarded.")
    .addArgument(id())
    .option("-y, --yes", "do not ask for confirmation")
    .action(async (endpointId: string, { yes }: { yes?: boolean }, command: Command) => {
      const session = await open.open(command)
      await confirmAction(session, yes, `Delete the endpoint ${endpointId}?`)
      await session.api.delete(pathOf(session, "endpoints", endpointId))
      printResult(session, { id: endpointId, deleted: true }, `${endpointId} was deleted`)
    })
}
