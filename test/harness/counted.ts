import type { SQSClient } from "@aws-sdk/client-sqs"
import { makeClients, type Services } from "./stack.ts"

/** How often each command was sent, retries included, by the one who sent it: `ingest` -> `dynamodb:UpdateItem` -> 3. */
export type Counts = Record<string, Record<string, number>>

/** Clients of the same services that count what goes out under a name. */
export function countedClients(services: Services, counts: Counts, name: string) {
  const clients = makeClients(services)
  count(clients.sqs, counts, name, "sqs")
  count(clients.dynamodb, counts, name, "dynamodb")
  return clients
}

function count(client: unknown, counts: Counts, name: string, service: string): void {
  const { middlewareStack } = client as SQSClient
  middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        const mine = (counts[name] ??= {})
        const call = `${service}:${commandName!.replace(/Command$/, "")}`
        mine[call] = (mine[call] ?? 0) + 1
        return next(args)
      },
    { step: "deserialize", name: "count" },
  )
}

/** All calls of a service, whoever made them; of some commands only where they are named. */
export function total(counts: Counts, service: string, commands?: RegExp): number {
  return Object.values(counts)
    .flatMap((each) => Object.entries(each))
    .filter(([call]) => call.startsWith(`${service}:`) && (!commands || commands.test(call)))
    .reduce((sum, [, count]) => sum + count, 0)
}
