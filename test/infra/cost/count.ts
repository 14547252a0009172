import { SendMessageBatchCommand } from "@aws-sdk/client-sqs"
import { randomBytes, randomUUID } from "node:crypto"
import { exampleHeaders } from "@ringback/events/catalog"
import { type IngestMessage, sealMessage } from "@ringback/events/message"
import { makeEmf } from "@ringback/telemetry/emf"
import { startReceiver } from "../../harness/receiver.ts"
import { startStack } from "../../harness/stack.ts"
import {
  type Customer,
  eventMessage,
  makeCustomer,
  makeDeps,
  makeEndpoint,
  pump,
} from "../../harness/system.ts"
import { meteredClients, type Meter, newMeter } from "./meter.ts"

const EVENTS = 50
const BATCH = 10

const fresh = () => ({ now: Date.now(), makeUuid: randomUUID })

const eventOf = (customer: Customer): IngestMessage =>
  eventMessage(customer, exampleHeaders("dialing.updated", fresh())!)

const heartbeatOf = ({ tenant, source }: Customer): IngestMessage => ({
  v: 1,
  kind: "heartbeat",
  id: randomBytes(16).toString("base64url"),
  tenant,
  source: source.source.id,
  collector: "A".repeat(22),
  receivedAt: Date.now(),
  version: "0.1.0",
  connectedSince: Date.now(),
  spoolDepth: 0,
  spoolAgeSeconds: 0,
})

type Settings = Parameters<typeof makeEndpoint>[3]

const setUp = async (endpoints: number, settings: Settings = {}) => {
  const stack = await startStack()
  const receiver = await startReceiver()
  const meter = newMeter()
  const clients = meteredClients(stack, meter)
  const log = (event: string, fields: object) => {
    meter.logBytes += Buffer.byteLength(JSON.stringify({ at: "", event, ...fields })) + 24
  }
  const metrics = makeEmf({
    namespace: "Ringback/production",
    write: (line) => void (meter.logBytes += Buffer.byteLength(line) + 1),
    now: Date.now,
  })
  const deps = makeDeps(stack, { clients, log, metrics })
  const customer = await makeCustomer(deps)
  for (let made = 0; made < endpoints; made++) {
    await makeEndpoint(deps, customer.tenant, receiver.url, settings)
  }
  const send = async (messages: IngestMessage[]) => {
    const bodies = messages.map((message) => sealMessage(message, customer.source.key))
    const Entries = bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody }))
    await clients.sqs.send(
      new SendMessageBatchCommand({ QueueUrl: stack.queues.Ingest.url, Entries }),
    )
  }
  const drain = async (name: "Ingest" | "Delivery") => {
    for (;;) {
      const startedAt = performance.now()
      const { ...before } = meter
      if ((await pump(stack, deps, name, clients.sqs)) > 0) {
        metrics.flush()
        meter.invocations++
        meter.billedMs += performance.now() - startedAt
      } else {
        Object.assign(meter, before) // an empty receive is what a poller pays while idle
        return
      }
    }
  }
  const close = async () => {
    clients.close()
    await receiver.close()
    await stack.close()
  }
  return { meter, customer, receiver, send, drain, close }
}

const perEvent = (meter: Meter, events: number): Meter => {
  const shares = Object.entries(meter).map(([name, value]) => [name, value / events])
  return Object.fromEntries(shares) as Meter
}

/** What one event costs in full batches, from the collector's send to the last endpoint's 204. */
export const countEvents = async (endpoints: number, settings: Settings = {}) => {
  const { meter, customer, receiver, send, drain, close } = await setUp(endpoints, settings)
  try {
    // Afterwards the functions are warm: source and endpoints are read, connections open.
    await send([eventOf(customer)])
    await drain("Ingest")
    await drain("Delivery")
    Object.assign(meter, newMeter())
    const arrivedBefore = receiver.arrived.length
    for (let sent = 0; sent < EVENTS; sent += BATCH) {
      await send(Array.from({ length: BATCH }, () => eventOf(customer)))
    }
    await drain("Ingest")
    await drain("Delivery")
    const arrived = receiver.arrived.length - arrivedBefore
    if (arrived !== EVENTS * endpoints) throw new Error(`${arrived} webhooks arrived`)
    return perEvent(meter, EVENTS)
  } finally {
    await close()
  }
}

// An answered call as the dialler tells it, and how many of them at once: its events are seconds apart.
const STEPS: [action: string, status: number, resDial: number, resHangup: number][] = [
  ["Create", 0, 0, 0],
  ["Update", 1, 0, 0],
  ["Update", 1, 4, 0],
  ["Update", 5, 4, 16],
  ["Update", 6, 4, 16],
  ["Delete", 6, 4, 16],
]
const CALLS = 50

const stepOf = (call: number, step: number): [string, string][] => {
  const [action, status, resDial, resHangup] = STEPS[step]!
  return [
    ["Event", `OutDialing${action}`],
    ["Uuid", `call-${call}`],
    ["Status", `${status}`],
    ["CampUuid", "c-1"],
    ["ResDial", `${resDial}`],
    ["ResHangup", `${resHangup}`],
    ["TmCreate", "2026-11-22T11:00:09.000000001Z"],
    ["TmUpdate", action === "Create" ? "<unknown>" : `2026-11-22T11:00:1${step}.000000001Z`],
  ]
}

/** What one call costs on top of its dialing events, where an endpoint asks for all three webhooks of it. */
export const countCalls = async (): Promise<Meter> => {
  const [asked, plain] = [await callMeter(["call.*"]), await callMeter(["campaign.*"])]
  const more = Object.entries(asked).map(([name, value]) => [
    name,
    value - plain[name as keyof Meter],
  ])
  return Object.fromEntries(more) as Meter
}

const callMeter = async (eventTypes: string[]): Promise<Meter> => {
  const { meter, customer, send, drain, close } = await setUp(1, { eventTypes })
  try {
    await send([eventOf(customer)])
    await drain("Ingest")
    await drain("Delivery")
    Object.assign(meter, newMeter())
    for (let step = 0; step < STEPS.length; step++) {
      for (let call = 0; call < CALLS; call += BATCH) {
        const some = Array.from({ length: BATCH }, (_, index) => stepOf(call + index, step))
        await send(some.map((headers) => eventMessage(customer, headers)))
      }
      await drain("Ingest")
      await drain("Delivery")
    }
    return perEvent(meter, CALLS)
  } finally {
    await close()
  }
}

/** What one heartbeat costs, on its own in a batch. */
export const countHeartbeat = async () => {
  const { meter, customer, send, drain, close } = await setUp(0)
  try {
    await send([heartbeatOf(customer)])
    await drain("Ingest")
    Object.assign(meter, newMeter())
    await send([heartbeatOf(customer)])
    await drain("Ingest")
    return perEvent(meter, 1)
  } finally {
    await close()
  }
}
