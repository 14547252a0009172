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
  eventTypes?: string[]
  settings?: Parameters<typeof makeEndpoint>[3]
  /** What was heard long before. */
  known?: [string, string][][]
}) {
  const counts: Counts = {}
  const clients = countedClients(stack, counts, "all")
  // The clock stands still: what is cached for ten seconds is not read again because this machine is slow.
  const startedAt = Date.now()
  const deps = makeDeps(stack, { clients, now: () => startedAt })
  const customer = await makeCustomer(deps)
  for (let count = 0; count < options.endpoints; count++) {
    await makeEndpoint(deps, customer.tenant, receiver.url, {
      eventTypes: options.eventTypes ?? null,
      ...options.settings,
    })
  }
  const headers = options.headers ?? (() => campaignUpdate())
  const all = Array.from({ length: EVENTS }, (_, index) => headers(index))
  const sendAll = async (events = all) => {
    for (let start = 0; start < events.length; start += 10) {
      await clients.sqs.send(
        new SendMessageBatchCommand({
          QueueUrl: stack.queues.Ingest.url,
          Entries: events.slice(start, start + 10).map((each, index) => ({
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
  if (options.isTwin || options.known) {
    await sendAll(options.known)
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

// A busy call has four dialing events, an answered one six; its contact's row is heard of before it.
const CALL: [action: string, status: number, resDial: number, resHangup: number][] = [
  ["Create", 0, 0, 0],
  ["Update", 1, 0, 0],
  ["Update", 1, 4, 0],
  ["Update", 5, 4, 16],
  ["Update", 6, 4, 16],
  ["Delete", 6, 4, 16],
]
// Side by side, as real calls are: the events of one are seconds apart.
const CALLS = EVENTS / CALL.length
const callEvent = (index: number): [string, string][] => {
  const [step, call] = [Math.floor(index / CALLS), index % CALLS]
  const [action, status, resDial, resHangup] = CALL[step]!
  return [
    ["Event", `OutDialing${action}`],
    ["Uuid", `call-${call}`],
    ["Status", `${status}`],
    ["CampUuid", "c-1"],
    ["DlListUuid", `r-${call}`],
    ["ResDial", `${resDial}`],
    ["ResHangup", `${resHangup}`],
    ["TmCreate", "2026-11-22T11:00:09.000000001Z"],
    ["TmUpdate", action === "Create" ? "<unknown>" : `2026-11-22T11:00:1${step}.000000001Z`],
  ]
}

const rows = Array.from({ length: CALLS }, (_, call): [string, string][] => [
  ["Event", "OutDlListCreate"],
  ["Uuid", `r-${call}`],
  ["UKey", `${call}`],
])

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
    [
      "an endpoint of order latest: two writes more for each delivery",
      { endpoints: 1, settings: { order: "latest" } },
      { sqs: 0.6, writes: 4, reads: 0 },
    ],
    [
      "a pull endpoint: no queue beyond ingest until it is fetched",
      { endpoints: 1, settings: { url: null, pull: true } },
      { sqs: 0.3, writes: 2, reads: 0 },
    ],
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

  // For each dialing event at most two writes more. Names and contact are read for the start, if it is asked for, and for
  // the end.
  for (const [eventType, told, reads] of [
    ["call.completed", 1, 1],
    ["call.*", 3, 2],
  ] as const) {
    test(`calls, for a tenant who asks for ${eventType}: ${reads} reads a call`, async () => {
      const plain = { endpoints: 1, headers: callEvent, eventTypes: ["campaign.*"], known: rows }
      const without = await measure(plain)
      close(without.writes, 1, "writes without calls")
      close(without.reads, 0, "reads without calls")
      const asked = await measure({ ...plain, eventTypes: [eventType] })
      const more = asked.writes - without.writes - told / CALL.length
      assert.ok(more <= 2, `${more} writes more a dialing event`)
      const counted = asked.reads * CALL.length
      assert.ok(counted <= reads * 1.1, `${counted} reads more a call`)
    })
  }
})
