import type { Command } from "commander"
import * as v from "valibot"
import { addExamples } from "../group.ts"
import { printResult } from "../print.ts"
import { type Open, pathOf } from "../session.ts"

// Their answers are ignored.
const Anything = v.unknown()

export function addRetry(program: Command, open: Open): void {
  const retry = program
    .command("retry")
    .summary("send a delivery again now")
    .description("Sends deliveries again now. If that fails, their retry schedule continues.")
    .argument("<deliveries...>", "dlv_...")
    .action(async (ids: string[]) => {
      const session = await open.open(retry)
      for (const id of ids) {
        const answer = await session.api.post(Anything, pathOf(session, "deliveries", id, "retry"))
        const isLast = id === ids.at(-1)
        const next = isLast ? [`${session.name} deliveries ${id}`] : []
        printResult(session, answer ?? { id }, `${id} is sent again now`, next)
      }
    })
  addExamples(retry, [["retry dlv_..."]])
}

export function addReplay(program: Command, open: Open): void {
  const replay = program
    .command("replay")
    .summary("send an event again, with the same id")
    .description(
      "Sends events again, with the same ids, to one endpoint or to all that asked for them.",
    )
    .argument("<events...>", "evt_...")
    .option("--endpoint <id>", "only to that endpoint")
    .action(async (ids: string[], { endpoint }: { endpoint?: string }) => {
      const session = await open.open(replay)
      const body = endpoint === undefined ? {} : { endpointId: endpoint }
      for (const id of ids) {
        const path = pathOf(session, "events", id, "replay")
        const answer = await session.api.post(Anything, path, body)
        printResult(session, answer ?? { id }, `${id} is sent again`)
      }
    })
  addExamples(replay, [["replay evt_... --endpoint ep_..."]])
}
