import { readFileSync } from "node:fs"
import { resolve } from "node:path"

/** IAM actions, by function and by resource: `{ Ingest: { Table: ["dynamodb:PutItem"] } }`. An index is `Table/due`. */
export type Calls = Record<string, Record<string, string[]>>

/** One AWS call as the flow test saw it go out of a function. */
export type SeenCall = {
  /** Ingest, Deliver, Jobs, Release or AdminApi. */
  by: string
  service: "sqs" | "dynamodb" | "kms"
  /** The SDK's command without its ending: SendMessageBatch. */
  command: string
  /** The resource's name in infra/: IngestQueue, Table. */
  resource: string
  index?: string | undefined
}

export const callsPath = resolve(import.meta.dirname, "calls.json")

/** The calls that the code makes, function by function; the flow test sees them and keeps the file true. */
export const readCalls = () => JSON.parse(readFileSync(callsPath, "utf8")) as Calls

// IAM knows a batch of SQS by its single action; DynamoDB's batches are actions of their own.
const actionOf = ({ service, command }: SeenCall) =>
  `${service}:${service === "sqs" ? command.replace(/Batch$/, "") : command}`

export const toCalls = (seen: SeenCall[]): Calls => {
  const calls: Record<string, Record<string, Set<string>>> = {}
  for (const call of seen) {
    const resource = call.index ? `${call.resource}/${call.index}` : call.resource
    const actions = ((calls[call.by] ??= {})[resource] ??= new Set())
    actions.add(actionOf(call))
  }
  return sortKeys(calls, (resources) => sortKeys(resources, (actions) => [...actions].sort()))
}

const sortKeys = <T, U>(record: Record<string, T>, map: (value: T) => U): Record<string, U> =>
  Object.fromEntries(
    Object.entries(record)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => [key, map(value)]),
  )
