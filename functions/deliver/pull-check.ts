import { advance } from "@ringback/store/delivery"
import { waitingFrom } from "@ringback/store/pull"
import { isFirst, type CheckedWork, type ReadyWork, type StepDeps } from "./work.ts"

/**
 * The work of an endpoint that webhooks are posted to. Undefined for a pull endpoint: its delivery
 * waits to be fetched.
 */
export async function leaveForFetching(
  { table }: StepDeps,
  work: CheckedWork,
): Promise<ReadyWork | undefined> {
  const { endpoint, message, facts } = work
  const { url } = endpoint
  if (url !== null) return { ...work, endpoint: { ...endpoint, url } }
  const due = waitingFrom(endpoint.id, table.now())
  await advance(table, facts, message.turn, { status: "pending", due, isNew: isFirst(work) })
  return undefined
}
