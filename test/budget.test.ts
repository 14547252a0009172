import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { sealMessage } from "@ringback/events/message"
import { SendMessageBatchCommand } from "@aws-sdk/client-sqs"
import { countedClients, total, type Counts } from "./harness/counted.ts"
import { startReceiver, type TestReceiver } from "./harness/receiver.ts"
import { startStack, type Stack } from "./harness/stack.ts"
import { eventMessage, makeCustomer, makeDeps, makeEndpoint, pump } from "./harness/system.ts"
import { campaignUpdate } from "./harness/world.ts"

// What one event costs, counted where requests leave the SDK, in full batches: the table of the README of infra
// multiplies these by AWS's prices.

let stack: Stack
let receiver: TestReceiver
before(async () => {
  stack = await startStack()
  receiver = await startReceiver()
})
after(async () => {
  await receiver.close()
  await stack.close()
})

const EVENTS = 300

/** Requests an event, by service, of all that happens between the collector's send and the last deletion. */
async function measure(options: {
  endpoints: number
  headers?: (index: number) => [string, string][]
  isTwin?: boolean
}) {
  const counts: Counts = {}
  const clients = countedClients(stack, counts, "all")
  // The clock stands still: what is cached for ten seconds is not read again because this machine is slow.
  const startedAt = Date.now()
  const deps = makeDeps(stack, { clients, now: () => startedAt })
  const customer = await makeCustomer(deps)
  for (let count = 0; count < options.endpoints; count++) {
    await makeEndpoint(deps, customer.tenant, receiver.url)
  }
  const headers = options.headers ?? (() => campaignUpdate())
  const all = Array.from({ length: EVENTS }, (_, index) => headers(index))
  const sendAll = async () => {
    for (let start = 0; start < EVENTS; start += 10) {
      await clients.sqs.send(
        new SendMessageBatchCommand({
          QueueUrl: stack.queues.Ingest.url,
          Entries: all.slice(start, start + 10).map((each, index) => ({
            Id: String(index),
            MessageBody: sealMessage(eventMessage(customer, each), customer.source.key),
          })),
        }),
      )
    }
  }
  const drain = async (queue: "Ingest" | "Delivery") => {
    while ((await pump(stack, deps, queue, clients.sqs)) > 0);
  }
  if (options.isTwin) {
    await sendAll()
    await drain("Ingest")
    await drain("Delivery")
  }
  // Configuration is written once, not for each event.
  Object.keys(counts).forEach((name) => delete counts[name])
  await sendAll()
  await drain("Ingest")
  await drain("Delivery")
  clients.close()
  return {
    sqs: total(counts, "sqs") / EVENTS,
    writes: total(counts, "dynamodb", /Put|Update|Delete/) / EVENTS,
    reads: total(counts, "dynamodb", /Get|Query|Scan/) / EVENTS,
  }
}

const close = (actual: number, budget: number, what: string) =>
  assert.ok(actual <= budget * 1.1 + 0.05, `${what}: ${actual} requests an event, budget ${budget}`)

describe("requests an event, in full batches", () => {
  const timeless = (index: number): [string, string][] => [
    ["Event", "OutDlmaDelete"],
    [
      "Uuid",
      `00000000-0000-4000-8000-${String(index + Math.random())
        .padEnd(12, "0")
        .slice(0, 12)}`,
    ],
  ]
  for (const [what, options, budget] of [
    ["ingest alone", { endpoints: 0 }, { sqs: 0.3, writes: 1, reads: 0 }],
    ["an endpoint, delivered at once", { endpoints: 1 }, { sqs: 0.6, writes: 2, reads: 0 }],
    ["a twin's copy", { endpoints: 1, isTwin: true }, { sqs: 0.3, writes: 1, reads: 0 }],
    ["three endpoints", { endpoints: 3 }, { sqs: 1.2, writes: 4, reads: 0 }],
    [
      "an event without a time of its own",
      { endpoints: 0, headers: timeless },
      { sqs: 0.3, writes: 2, reads: 0 },
    ],
  ] as const) {
    test(`${what}: ${JSON.stringify(budget)}`, async () => {
      const counted = await measure(options)
      for (const name of ["sqs", "writes", "reads"] as const)
        close(counted[name], budget[name], name)
    })
  }
})
