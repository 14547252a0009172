import { ProvisionedThroughputExceededException } from "@aws-sdk/client-dynamodb"
import { RequestThrottled } from "@aws-sdk/client-sqs"
import type { Chance } from "./chance.ts"
import { current } from "./invocation.ts"
import { addTo, type Tally } from "./tally.ts"

/** Probabilities for each call. */
export type Rates = {
  /** Never sent; the caller sees an error. */
  unsent: number
  /** Took effect; the caller sees a timeout. */
  lost: number
  /** SQS takes a part of a batch. */
  partial: number
  /** The same within the SDK, which sends again by itself. */
  unsentRetried: number
  lostRetried: number
  /** One to five times in a row: DynamoDB's client gives up after four, that of SQS after three. */
  throttled: number
}

type Input = {
  Key?: Record<string, { S?: string }>
  ExpressionAttributeValues?: Record<string, { S?: string }>
  QueueUrl?: string
  Entries?: { Id?: string }[]
}
type Context = { commandName?: string }
type Next = (args: { input: Input }) => Promise<{ output: object; response: unknown }>
type Stack = { add: (middleware: never, options: never) => void }

/**
 * Puts the faults into a client's own middleware: around the whole call, where they surface, and within its retries.
 * The client, its retries, its serialisation and its sockets stay the SDK's.
 */
export function addFaults(
  client: { middlewareStack: unknown },
  { chance, ratesNow, faults }: { chance: Chance; ratesNow: () => Rates; faults: Tally },
): void {
  const labels = new WeakMap<Context, string>()
  const stack = client.middlewareStack as Stack

  const aroundCall = (next: Next, context: Context) => async (args: { input: Input }) => {
    const invocation = current()
    if (!invocation) return next(args)
    const rates = ratesNow()
    const what = labelOf(context, args.input)
    const label = `${invocation.name}|${what}|${invocation.count(what)}`
    labels.set(context, label)
    return invocation.step(async () => {
      const partial = args.input.Entries ? rates.partial : 0
      const fate = fateOf(chance.of("call", label), { ...rates, partial })
      if (fate) addTo(faults, fate)
      if (fate === "unsent") throw timeout()
      if (fate === "partial")
        return sendPart(next, args, (index) => chance.of("part", label, index))
      const answer = await next(args)
      if (fate === "lost") throw timeout()
      return answer
    })
  }

  const aroundAttempt = (next: Next, context: Context) => async (args: { input: Input }) => {
    const invocation = current()
    if (!invocation) return next(args)
    if (invocation.isDead) throw new Error("the SDK's own retry comes too late")
    const rates = ratesNow()
    const label = labels.get(context)!
    const attempt = invocation.count(`attempt|${label}`)
    const chosen = chance.of("throttled", label) < rates.throttled
    if (chosen && attempt < chance.between(1, 5, "throttles", label)) {
      addTo(faults, "throttled")
      throw throttled(context)
    }
    if (chance.is(rates.unsentRetried, "unsent", label, attempt)) {
      addTo(faults, "unsent, retried by the SDK")
      throw reset()
    }
    const answer = await next(args)
    if (chance.is(rates.lostRetried, "lost", label, attempt)) {
      addTo(faults, "lost, retried by the SDK")
      throw reset()
    }
    return answer
  }

  stack.add(aroundCall as never, { step: "initialize", priority: "high", name: "faults" } as never)
  const within = { step: "finalizeRequest", priority: "low", name: "faultsWithinRetries" }
  stack.add(aroundAttempt as never, within as never)
}

/** Names what is asked for without anything that differs between two runs of a seed. */
function labelOf({ commandName = "" }: Context, input: Input): string {
  const texts = [input.Key, input.ExpressionAttributeValues]
    .flatMap((each) => Object.values(each ?? {}))
    .flatMap(({ S }) => S ?? [])
  const queue = input.QueueUrl?.replace(/^.*\/t[0-9a-f]{8}/, "") ?? ""
  return `${commandName}|${queue}|${texts.slice(0, 2).join("|")}`
}

function fateOf(at: number, rates: Rates): "unsent" | "lost" | "partial" | undefined {
  let from = 0
  for (const name of ["unsent", "lost", "partial"] as const) {
    from += rates[name]
    if (at < from) return name
  }
  return undefined
}

async function sendPart(
  next: Next,
  args: { input: Input },
  chanceOf: (index: number) => number,
): ReturnType<Next> {
  const entries = args.input.Entries
  if (!entries) return next(args)
  const isTaken = entries.map((_, index) => chanceOf(index) < 0.5)
  const taken = entries.filter((_, index) => isTaken[index])
  const Failed = entries
    .filter((_, index) => !isTaken[index])
    .map(({ Id }) => ({ Id, Code: "InternalError", SenderFault: false }))
  if (taken.length === 0) return { output: { Successful: [], Failed, $metadata: {} }, response: {} }
  const answer = await next({ ...args, input: { ...args.input, Entries: taken } })
  return { ...answer, output: { ...answer.output, Failed } }
}

const timeout = () =>
  Object.assign(new Error("injected: no answer in time"), { name: "TimeoutError" })
const reset = () => Object.assign(new Error("injected: socket hang up"), { code: "ECONNRESET" })

function throttled({ commandName = "" }: Context): Error {
  const message = "injected: throttled"
  const isSqs = /Message/.test(commandName)
  return isSqs
    ? new RequestThrottled({ message, $metadata: {} })
    : new ProvisionedThroughputExceededException({ message, $metadata: {} })
}
