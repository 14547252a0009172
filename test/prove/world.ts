import type { SQSClient } from "@aws-sdk/client-sqs"
import { makeSlowness } from "@ringback/functions/endpoint/slow-endpoints"
import type { Endpoint } from "@ringback/store/endpoint"
import type { Table } from "@ringback/store/table"
import type { Stack } from "../harness/stack.ts"
import { makeCustomer, makeDeps, type Customer, type Deps } from "../harness/system.ts"
import { Agenda } from "./agenda.ts"
import { makeChance, type Chance } from "./chance.ts"
import { impatientClients } from "./clients.ts"
import { addFaults } from "./faults.ts"
import {
  makePlan,
  weatherAt,
  type Plan,
  type Weather,
  type PlannedEndpoint,
  type Size,
} from "./plan.ts"
import { Mail } from "./mail.ts"
import { Receipts } from "./receipts.ts"
import { inProcess, overHttp, type Senders } from "./senders.ts"
import type { PlannedEvent } from "./events.ts"
import type { Tally } from "./tally.ts"

export type Sent = { planned: PlannedEvent; messageIds: Set<string> }

export type Made = {
  planned: PlannedEndpoint
  endpoint: Endpoint
  createdAt: number
  deletedAt?: number
}

/** One history's tenant: what was planned for it, what happened, and the parts on which it happens. */
export type World = {
  seed: number
  plan: Plan
  chance: Chance
  startedAt: number
  weather: () => Weather
  stack: Stack
  /** The table as seen without faults: for the tenant's own doings and for the ledger. */
  table: Table
  sqs: SQSClient
  customer: Customer
  receipts: Receipts
  senders: Senders
  agenda: Agenda
  mail: Mail
  faults: Tally
  endpoints: Made[]
  sent: Sent[]
  /** How often each delivery was asked for once more, and each event for each endpoint. */
  again: { retries: Tally; replays: Tally }
  /** What must never be, as it was seen on the way. */
  problems: string[]
  /** What the functions, and the course of things, said last. */
  log: (event: string, fields: object) => void
  lines: string[]
  /** A worker with caches of its own, as a new Lambda instance has. */
  makeWorker: () => Deps
}

export const startsAt = Date.parse("2026-11-22T12:00:00Z")

export async function makeWorld(stack: Stack, seed: number, size: Size): Promise<World> {
  const chance = makeChance(seed)
  const plan = makePlan(chance, size)
  const receipts = new Receipts(chance)
  const senders = plan.isOverHttp ? await overHttp(receipts) : inProcess(receipts)
  const faults: Tally = {}
  const clients = await impatientClients(stack)
  const startedAt = Date.now()
  const weather = () => weatherAt(plan, Date.now() - startedAt)
  const ratesNow = () => weather().calls
  for (const client of [clients.sqs, clients.dynamodb])
    addFaults(client, { chance, ratesNow, faults })
  const agenda = new Agenda()
  const mail = new Mail(agenda)
  const unwatch = mail.watch(stack.sqs, stack.queues)
  mail.watch(clients.sqs, stack.queues)
  const { sender, close } = senders
  senders.close = async () => {
    await close()
    unwatch()
    clients.sqs.destroy()
    clients.dynamodb.destroy()
  }
  const lines: string[] = []
  const log = (event: string, fields: object) => {
    lines.push(`${(Date.now() - startsAt) / 1000} s ${event} ${JSON.stringify(fields)}`)
    if (lines.length > LOG_LINES) lines.shift()
  }
  let draws = 0
  const random = () => chance.of("jitter", draws++)
  const { table } = makeDeps(stack, { sender })
  return {
    seed,
    plan,
    chance,
    startedAt,
    weather,
    stack,
    table,
    sqs: stack.sqs,
    customer: await makeCustomer({ table }),
    receipts,
    senders,
    agenda,
    mail,
    faults,
    endpoints: [],
    sent: [],
    again: { retries: {}, replays: {} },
    problems: [],
    log,
    lines,
    makeWorker: () => ({
      ...makeDeps(stack, { now: Date.now, random, sender, clients, log }),
      // A receiver's silence is short here: what is slow must be shorter.
      slowness: makeSlowness(Date.now, plan.isOverHttp ? SLOW_MS : 1000),
      // Until the end of a batch: what happens by real time makes another history of a seed on a slow machine.
      pooledMs: NEVER_MS,
    }),
  }
}

const SLOW_MS = 50
const NEVER_MS = 2 ** 31 - 1
const LOG_LINES = 2_000
