import { randomUUID } from "node:crypto"
import { kinds, type Kind } from "@ringback/connectors/kinds"
import { EXPECTED, FIELDS } from "../../connectors/expected.ts"
import { idIn, openAccount, type Account } from "../../connectors/account.ts"
import { makeTokenServer } from "../../crm/token.ts"
import { addConnector, deliverOn, tell, type Told } from "../../functions/crm.ts"
import type { Stack } from "../../harness/stack.ts"
import { makeCustomer, makeDeps, type Deps } from "../../harness/system.ts"
import * as Delivery from "@ringback/store/delivery"
import { makeChance, type Chance } from "../chance.ts"
import { impatientClients } from "../clients.ts"
import { addFaults, type Rates } from "../faults.ts"
import { Invocation, run } from "../invocation.ts"
import { addTo, type Tally } from "../tally.ts"
import { crmSender } from "./crm-sender.ts"

export type CrmHistory = {
  seed: number
  kind: Kind
  calls: number
  activities: number
  attempts: number
  faults: Tally
  problems: string[]
}

// Twice as many may be made, which is fewer than a delivery has: what fails for ever is no history of one activity.
const ROUGH_ATTEMPTS = 4
const MAX_ATTEMPTS = 20
const MINUTE_MS = 60_000
const WAITS_MS = [MINUTE_MS, 20 * MINUTE_MS, 120 * MINUTE_MS]

const RATES: Rates = {
  unsent: 0.01,
  lost: 0.02,
  partial: 0,
  unsentRetried: 0.02,
  lostRetried: 0.02,
  throttled: 0.02,
}
const NONE = Object.fromEntries(Object.keys(RATES).map((name) => [name, 0])) as Rates
const CRASH = 0.4
const MOST_AWAITS = 24
const TWICE = 0.15

const PEOPLE = [
  { id: "101", phone: "+4520123456", outcome: "answered" },
  { id: "102", phone: "+4520123457", outcome: "busy" },
] as const
type Person = (typeof PEOPLE)[number]
type PlannedCall = { uuid: string; person: Person; told: Told[] }

/** Calls of one seed on their way into a CRM, through faults and deaths, and what is wrong with what stands there in the end. */
export async function runCrmHistory(stack: Stack, seed: number): Promise<CrmHistory> {
  const chance = makeChance(seed)
  const kind = kinds[seed % kinds.length]!
  const account = openAccount(kind, [...PEOPLE])
  const tokens = makeTokenServer(account.tokens, { isLenient: true })
  const faults: Tally = {}
  const clock = { now: Date.parse("2026-11-26T10:00:00Z") }
  let isRough = false
  const clients = await impatientClients(stack)
  const ratesNow = () => (isRough ? RATES : NONE)
  for (const client of [clients.sqs, clients.dynamodb])
    addFaults(client, { chance, ratesNow, faults })
  const sender = crmSender({
    answer: (asked) => (tokens.isTokenPath(asked) ? tokens.answer(asked) : account.answer(asked)),
    expire: tokens.expire,
    chance,
    isRough: () => isRough,
    faults,
  })
  const makeWorker = () =>
    makeDeps(stack, {
      now: () => clock.now,
      clients,
      sender,
      crmUrls: { [kind]: "http://127.0.0.1:9" },
    })
  const calm = makeDeps(stack, { now: () => clock.now })
  const customer = await makeCustomer(calm)
  const isLive = kind !== "zoho" && chance.is(0.5, "live")
  const endpointId = await addConnector(calm, customer.tenant, kind, isLive ? { live: true } : {})
  const world = { clock, endpointId, customer, deps: calm }
  const calls = planCalls(chance, world, isLive)
  const problems: string[] = []
  let attempts = 0

  /** One invocation, which may die; a worker that lives keeps what it remembers. */
  async function invoke(worker: Deps, told: Told): Promise<boolean> {
    const name = `deliver${attempts++}`
    const crash =
      isRough && chance.is(CRASH, "crash", name)
        ? {
            at: chance.between(1, MOST_AWAITS, "crash at", name),
            isBefore: chance.is(0.5, "before", name),
          }
        : undefined
    const ended = await run(new Invocation(name, crash), () => deliverOn(world, told, worker))
    if (ended.outcome === "died")
      addTo(faults, `killed ${crash!.isBefore ? "before" : "after"} a step`)
    return ended.outcome !== "died"
  }

  let worker = makeWorker()
  for (const told of chance.shuffle(
    calls.flatMap((each) => each.told),
    "order",
  )) {
    for (let attempt = 0; ; attempt++) {
      isRough = attempt < ROUGH_ATTEMPTS
      const isTwice = isRough && chance.is(TWICE, "twice", attempts)
      if (isTwice) addTo(faults, "delivered twice at once")
      const lives = await Promise.all([
        invoke(worker, told),
        ...(isTwice ? [invoke(makeWorker(), told)] : []),
      ])
      if (!lives[0]) worker = makeWorker()
      isRough = false
      clock.now += chance.pick(WAITS_MS, "wait", attempts)
      const delivery = await Delivery.get(calm.table, customer.tenant, told.ref, {
        consistent: true,
      })
      const { status = "pending" } = delivery ?? {}
      if (status === "delivered" || status === "discarded") break
      if (status === "pending" && attempt < MAX_ATTEMPTS) continue
      problems.push(`${status} in the end: ${JSON.stringify(delivery?.attempts.at(-1))}`)
      break
    }
  }
  clients.sqs.destroy()
  clients.dynamodb.destroy()
  const activities = account.activities().length
  problems.push(...account.problems, ...problemsOf(account, calls))
  return { seed, kind, calls: calls.length, activities, attempts, faults, problems }
}

/** Some calls, each with what is told of it; now and then its end is told once more, as a replay does. */
function planCalls(
  chance: Chance,
  world: Parameters<typeof tell>[0],
  isLive: boolean,
): PlannedCall[] {
  return Array.from({ length: chance.between(1, 3, "calls") }, (_, index) => {
    const uuid = randomUUID()
    const person = chance.pick(PEOPLE, "person", index)
    const { phone: number, outcome } = person
    const unanswered = { answeredAt: null, talkSeconds: 0 }
    const data = { uuid, number, outcome, ...(outcome === "busy" && unanswered) }
    const end = () => tell(world, data)
    const isAnswered = isLive && outcome === "answered"
    const told = [
      ...(isAnswered ? [tell(world, { ...data, outcome: null, moment: "answered" })] : []),
      end(),
      ...(chance.is(0.25, "replayed", index) ? [end()] : []),
    ]
    return { uuid, person, told }
  })
}

/** Where what stands in the CRM is not exactly one activity for each call, on its contact, as the call ended. */
function problemsOf(account: Account, calls: PlannedCall[]): string[] {
  const { kind } = account
  const { note, status, disposition } = FIELDS[kind]
  const problems = calls.flatMap(({ uuid, person }) => {
    const [seen, ...more] = account.activities().filter(({ text }) => {
      return String(text[note]).includes(`Ringback call ${uuid}`)
    })
    if (!seen) return [`LOST: no activity for call ${uuid}`]
    if (more.length > 0) return [`${more.length + 1} activities for call ${uuid}`]
    const said = JSON.stringify([seen.contact, seen.text[status], seen.text[disposition]])
    const expected = JSON.stringify([idIn(kind, person.id), ...EXPECTED[kind][person.outcome]!])
    return said === expected ? [] : [`call ${uuid} is ${said} instead of ${expected}`]
  })
  const others = account.activities().length - calls.length
  if (others > 0) problems.push(`${others} activities for no call`)
  if (account.contactCount() !== PEOPLE.length) problems.push(`${account.contactCount()} contacts`)
  return problems
}
