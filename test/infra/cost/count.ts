import { ScanCommand } from "@aws-sdk/client-dynamodb"
import { SendMessageBatchCommand, SendMessageCommand } from "@aws-sdk/client-sqs"
import { randomBytes, randomUUID } from "node:crypto"
import { exampleHeaders } from "@ringback/events/documented-event-types"
import { HEARTBEAT_SECONDS } from "@ringback/events/heartbeat"
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
import { storedBytes } from "./item-bytes.ts"
import { meteredClients, type Meter, newMeter } from "./meter.ts"

const EVENTS = 60
const HEARTBEATS = 30
/** Messages in a batch: as many as a receive returns, a few, and one alone. */
export const FULL = 10
export const BATCHES = [FULL, 3, 1]

/** What CloudWatch adds to each line. */
const LINE_BYTES = 26
/** TLS records, TCP and IP headers of a POST and of what acknowledges its answer. */
export const TRANSPORT_BYTES = 250

const fresh = () => ({ now: Date.now(), makeUuid: randomUUID })

const eventOf = (customer: Customer): IngestMessage =>
  eventMessage(customer, exampleHeaders("dialing.updated", fresh())!)

const heartbeatOf = ({ tenant, source }: Customer, receivedAt: number): IngestMessage => ({
  v: 1,
  kind: "heartbeat",
  id: randomBytes(16).toString("base64url"),
  tenant,
  source: source.source.id,
  collector: "A".repeat(22),
  receivedAt,
  version: "0.1.0",
  connectedSince: receivedAt - 1000,
  spoolDepth: 0,
  spoolAgeSeconds: 0,
})

type Settings = Parameters<typeof makeEndpoint>[3]

type Options = { batch?: number; settings?: Settings }

const setUp = async (endpoints: number, { batch = FULL, settings = {} }: Options = {}) => {
  const stack = await startStack()
  const receiver = await startReceiver()
  const meter = newMeter()
  const clients = meteredClients(stack, meter)
  const write = (line: string) => void (meter.logBytes += Buffer.byteLength(line) + LINE_BYTES)
  const log = (event: string, fields: object) => write(JSON.stringify({ event, ...fields }))
  const metrics = makeEmf({ namespace: "Ringback/production", write, now: Date.now })
  // Stands still, so that nothing that is cached is read again because this machine is slow.
  const clock = { now: Date.now() }
  const deps = makeDeps(stack, { clients, log, metrics, now: () => clock.now })
  const customer = await makeCustomer(deps)
  for (let made = 0; made < endpoints; made++) {
    await makeEndpoint(deps, customer.tenant, receiver.url, settings)
  }
  const QueueUrl = stack.queues.Ingest.url
  const send = async (messages: IngestMessage[]) => {
    const bodies = messages.map((message) => sealMessage(message, customer.source.key))
    const Entries = bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody }))
    await clients.sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }))
  }
  /** As a collector sends a heartbeat: in a request of its own. */
  const sendOne = (message: IngestMessage, { key }: Customer["source"]) =>
    clients.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: sealMessage(message, key) }))
  const drain = async (name: "Ingest" | "Delivery") => {
    for (;;) {
      const { ...before } = meter
      if ((await pump(stack, deps, name, clients.sqs, batch)) > 0) {
        metrics.flush()
        meter.invocations++
      } else {
        Object.assign(meter, before) // an empty receive is what a poller pays while idle
        return
      }
    }
  }
  const keptBytes = async () => {
    const scan = new ScanCommand({ TableName: stack.tableName })
    const { Items = [] } = await stack.dynamodb.send(scan)
    return Items.reduce((sum, item) => sum + storedBytes(item), 0)
  }
  const close = async () => {
    clients.close()
    await receiver.close()
    await stack.close()
  }
  return { meter, clock, deps, customer, receiver, send, sendOne, drain, keptBytes, close }
}

const perEvent = (meter: Meter, events: number): Meter => {
  const shares = Object.entries(meter).map(([name, value]) => [name, value / events])
  return Object.fromEntries(shares) as Meter
}

/** What one event costs in batches of this size, from the collector's send to the last endpoint's 204. */
export const countEvents = async (endpoints: number, options: Options = {}) => {
  const { batch = FULL } = options
  const system = await setUp(endpoints, options)
  const { meter, customer, receiver, send, drain, keptBytes } = system
  try {
    // Afterwards the functions are warm: source and endpoints are read, connections open.
    await send([eventOf(customer)])
    await drain("Ingest")
    await drain("Delivery")
    Object.assign(meter, newMeter())
    const [arrivedBefore, readBefore] = [receiver.arrived.length, receiver.bytesRead()]
    const keptBefore = await keptBytes()
    for (let sent = 0; sent < EVENTS; sent += batch) {
      await send(Array.from({ length: batch }, () => eventOf(customer)))
    }
    await drain("Ingest")
    await drain("Delivery")
    const arrived = receiver.arrived.length - arrivedBefore
    if (arrived !== EVENTS * endpoints) throw new Error(`${arrived} webhooks arrived`)
    meter.egressBytes = receiver.bytesRead() - readBefore + arrived * TRANSPORT_BYTES
    meter.storedBytes = (await keptBytes()) - keptBefore
    return perEvent(meter, EVENTS)
  } finally {
    await system.close()
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
  const { meter, customer, send, drain, close } = await setUp(1, { settings: { eventTypes } })
  try {
    await send([eventOf(customer)])
    await drain("Ingest")
    await drain("Delivery")
    Object.assign(meter, newMeter())
    for (let step = 0; step < STEPS.length; step++) {
      for (let call = 0; call < CALLS; call += FULL) {
        const some = Array.from({ length: FULL }, (_, index) => stepOf(call + index, step))
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

/** What one heartbeat of a collector costs in batches of this size, each from a source that was not read lately. */
export const countHeartbeat = async (batch: number) => {
  const { meter, clock, deps, sendOne, drain, close } = await setUp(0, { batch })
  try {
    const customers: Customer[] = []
    for (let made = 0; made < HEARTBEATS; made++) customers.push(await makeCustomer(deps))
    const beat = async () => {
      for (const each of customers) await sendOne(heartbeatOf(each, clock.now), each.source)
      await drain("Ingest")
    }
    await beat()
    clock.now += HEARTBEAT_SECONDS * 1000
    Object.assign(meter, newMeter())
    await beat()
    return perEvent(meter, HEARTBEATS)
  } finally {
    await close()
  }
}
