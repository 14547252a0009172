import { readFileSync, writeFileSync } from "node:fs"
import { resolve } from "node:path"
import { format, resolveConfig } from "prettier"

/** IAM actions, by function and by resource: `{ Ingest: { Table: ["dynamodb:PutItem"] } }`. An index is `Table/due`. */
export type Calls = Record<string, Record<string, string[]>>

/** One AWS call as a test saw it go out of a function. */
export type SeenCall = {
  /** Ingest, Deliver, Jobs, Release or AdminApi. */
  by: string
  service: "sqs" | "dynamodb"
  /** The SDK's command without its ending: SendMessageBatch. */
  command: string
  /** The resource's name in infra/: IngestQueue, Table. */
  resource: string
  index?: string | undefined
}

const callsPath = resolve(import.meta.dirname, "calls.json")

/** The calls that were seen, function by function: test/calls.test.ts makes the file, and keeps it true. */
const readSeenCalls = () => JSON.parse(readFileSync(callsPath, "utf8")) as Calls

// Said by hand, since there is no KMS to be embedded: who opens or makes secrets derives the data key, once a process.
// The bundles' own test has them do it against a stub, and each would fail without.
const keyed = ["AdminApi", "Deliver", "Ingest", "Jobs"]

/** All calls that the code makes. */
export const readCalls = (): Calls =>
  Object.fromEntries(
    Object.entries(readSeenCalls()).map(([by, resources]) => [
      by,
      keyed.includes(by) ? { ...resources, DataKey: ["kms:GenerateMac"] } : resources,
    ]),
  )

// IAM knows a batch of SQS by its single action, and PartiQL by what its statements do; DynamoDB's other batches are
// actions of their own.
const actionOf = ({ service, command }: SeenCall) => {
  if (command === "BatchExecuteStatement") return "dynamodb:PartiQLInsert"
  return `${service}:${service === "sqs" ? command.replace(/Batch$/, "") : command}`
}

const toCalls = (seen: SeenCall[]): Calls => {
  const calls: Record<string, Record<string, Set<string>>> = {}
  for (const call of seen) {
    const resource = call.index ? `${call.resource}/${call.index}` : call.resource
    const actions = ((calls[call.by] ??= {})[resource] ??= new Set())
    actions.add(actionOf(call))
  }
  return sortKeys(calls, (resources) => sortKeys(resources, (actions) => [...actions].sort()))
}

/** What was seen and is not in the file, and what is in the file and was not seen. */
export const unequalCalls = (seen: SeenCall[]) => {
  const [now, said] = [linesOf(toCalls(seen)), linesOf(readSeenCalls())]
  return [
    ...[...now.difference(said)].map((line) => `seen, but not in the file: ${line}`),
    ...[...said.difference(now)].map((line) => `in the file, but not seen: ${line}`),
  ]
}

export const writeSeenCalls = async (seen: SeenCall[]) => {
  const options = { ...(await resolveConfig(callsPath)), filepath: callsPath }
  writeFileSync(callsPath, await format(JSON.stringify(toCalls(seen), undefined, 2), options))
}

const linesOf = (calls: Calls) =>
  new Set(
    Object.entries(calls).flatMap(([by, resources]) =>
      Object.entries(resources).flatMap(([resource, actions]) =>
        actions.map((action) => `${by} ${action} on ${resource}`),
      ),
    ),
  )

const sortKeys = <T, U>(record: Record<string, T>, map: (value: T) => U): Record<string, U> =>
  Object.fromEntries(
    Object.entries(record)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => [key, map(value)]),
  )
