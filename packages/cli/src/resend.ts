import type { Command } from "commander"
import { type OpenSession, pathOf } from "./session.ts"

export function addRetry(program: Command, open: OpenSession): void {
  program
    .command("retry")
    .summary("send a delivery again now")
    .description("Sends deliveries again now; then their schedule goes on.")
    .argument("<deliveries...>", "dlv_...")
    .action(async (ids: string[], _options: object, command: Command) => {
      const session = await open(command)
      const { api, terminal, isJson } = session
      for (const id of ids) {
        const path = pathOf(session, `/deliveries/${encodeURIComponent(id)}/retry`)
        const answer = await api.post(path)
        if (isJson) terminal.print(JSON.stringify(answer ?? { id }))
        else terminal.print(`${terminal.paint("green", "✓")} ${id} is sent again now`)
      }
      if (!isJson)
        terminal.note(terminal.paint("dim", `  ${program.name()} deliveries ${ids.at(-1)}`))
    })
}

export function addReplay(program: Command, open: OpenSession): void {
  program
    .command("replay")
    .summary("send an event again, with the same id")
    .description("Sends events again, with the same ids, to one endpoint or to all that want them.")
    .argument("<events...>", "evt_...")
    .option("--endpoint <id>", "to that endpoint only")
    .action(async (ids: string[], options: { endpoint?: string }, command: Command) => {
      const session = await open(command)
      const { api, terminal, isJson } = session
      const body = options.endpoint === undefined ? {} : { endpointId: options.endpoint }
      for (const id of ids) {
        const path = pathOf(session, `/events/${encodeURIComponent(id)}/replay`)
        const answer = await api.post(path, body)
        if (isJson) terminal.print(JSON.stringify(answer ?? { id }))
        else terminal.print(`${terminal.paint("green", "✓")} ${id} is sent again`)
      }
    })
}
