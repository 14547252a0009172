import { releaseHandler } from "@ringback/functions/release"
import { makeContext } from "@ringback/local/lambda"
import { findDynoxide } from "@ringback/local/dynoxide-engine"
import type { SeenCall } from "../infra/calls.ts"
import { readers } from "../infra/rules/readers.ts"
import { makeClients, type Stack } from "./stack.ts"
import { makeDeps, pumpAll, type Deps } from "./system.ts"
import { startWorld, type World } from "./world.ts"

/** A client of a test's stack for each service, whose calls are noted as those of that function. */
export function recordedClients(stack: Stack, seen: SeenCall[], by: string) {
  const clients = makeClients(stack)
  const names = new Map([[stack.tableName, "Table"]])
  for (const [name, { url, deadLetterUrl }] of Object.entries(stack.queues)) {
    names.set(url, `${name}Queue`).set(deadLetterUrl, `${name}DeadLetters`)
  }
  names.set(stack.rejectedUrl, "RejectedQueue")
  for (const service of ["sqs", "dynamodb"] as const) {
    record(clients[service], (command, input) => {
      const { QueueUrl, TableName, RequestItems = {}, Statements, IndexName } = input
      const tables = Statements?.map(
        ({ Statement }) => /^INSERT INTO "([^"]+)"/.exec(Statement)![1]!,
      )
      const targets = [QueueUrl ?? TableName ?? tables ?? Object.keys(RequestItems)].flat()
      if (targets.length === 0) throw new Error(`What ${command} is about is not known here`)
      for (const target of targets) {
        const resource = names.get(target) ?? target
        seen.push({ by, service, command, resource, index: IndexName })
      }
    })
  }
  return clients
}

type Input = {
  QueueUrl?: string
  TableName?: string
  RequestItems?: Record<string, unknown>
  Statements?: { Statement: string }[]
  IndexName?: string
}

function record(client: unknown, note: (command: string, input: Input) => void): void {
  const { middlewareStack } = client as ReturnType<typeof makeClients>["sqs"]
  middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        note(commandName!.replace(/Command$/, ""), args.input as Input)
        return next(args)
      },
    { step: "initialize", name: "record" },
  )
}

const workers = ["Ingest", "Deliver", "Jobs", "Release"] as const
type Worker = (typeof workers)[number]

export type RecordedWorld = World & {
  /** Each function's own collaborators, as on AWS: what one has cached saves no call of another. */
  of: Record<Worker, Deps>
  /** What the functions logged. */
  logged: { event: string; fields: Record<string, unknown> }[]
}

/** A world whose functions' calls are noted; the test's own, by `deps`, are not. */
export async function startRecordedWorld(seen: SeenCall[]): Promise<RecordedWorld> {
  const world = await startWorld({}, findDynoxide() ? "dynoxide" : "dynalite")
  const { stack } = world
  // As on AWS.
  if (stack.inserts) stack.inserts = "statements"
  const logged: RecordedWorld["logged"] = []
  const log = (event: string, fields: Record<string, unknown>) =>
    void logged.push({ event, fields })
  const clients = workers.map((name) => recordedClients(stack, seen, name))
  const options = { now: Date.now, random: () => 0.5, log }
  const of = Object.fromEntries(
    workers.map((name, at) => [name, makeDeps(stack, { ...options, clients: clients[at]! })]),
  ) as Record<Worker, Deps>
  const { close } = world
  return Object.assign(world, {
    of,
    logged,
    pump: () => pumpAll(stack, (name) => of[readers[name] as Worker]),
    async release() {
      await releaseHandler(of.Release)({ windowMs: 60_000 }, makeContext(300_000))
      await world.pump()
    },
    async close() {
      for (const each of clients) each.close()
      await close()
    },
  })
}
