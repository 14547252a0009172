import type { Command } from "commander"
import { type Api, Refusal } from "./api.ts"
import { chooseSource } from "./choose.ts"
import { Failure } from "./failure.ts"
import { type OpenSession, pathOf } from "./session.ts"

type Options = { source?: string }

export function addTrigger(program: Command, open: OpenSession): void {
  program
    .command("trigger")
    .summary("send an example event through the whole pipeline")
    .description("Sends an example event, with a new Uuid and times, through the whole pipeline.")
    .argument("<type>", "such as dialing.updated")
    .option("--source <id or name>", "as which PBX (default: the only one, or demo)")
    .action(async (eventType: string, options: Options, command: Command) => {
      const session = await open(command)
      const { api, terminal } = session
      const source = await chooseSource(api, session.tenant, options.source, terminal.note)
      const path = pathOf(session, `/sources/${source}/test`)
      const answer = await api
        .post<{ eventId: string }>(path, { eventType })
        .catch(async (error: unknown) => {
          throw (await unknownType(api, eventType, error)) ?? error
        })
      if (session.isJson) return terminal.print(JSON.stringify(answer))
      terminal.print(`${terminal.paint("green", "✓")} ${eventType} triggered: ${answer.eventId}`)
      terminal.note(terminal.paint("dim", `  ${program.name()} events ${answer.eventId}`))
    })
}

// The API names the field; what one may ask for instead is here.
async function unknownType(api: Api, asked: string, error: unknown): Promise<Failure | undefined> {
  if (!(error instanceof Refusal) || !error.errors.some(({ path }) => path === "/eventType")) {
    return undefined
  }
  const types = (await api.all<{ type: string }>("/event-types"))
    .map(({ type }) => type)
    .filter((type) => type !== asked)
  const [kind = "", verb = ""] = asked.toLowerCase().split(".")
  const near = types.filter((type) => type.startsWith(`${kind}.`) || (verb && type.endsWith(verb)))
  const list = (near.length > 0 ? near : types).join(", ")
  return new Failure(`No example of ${JSON.stringify(asked)} can be sent. Perhaps: ${list}`, 2)
}
