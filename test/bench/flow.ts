import { setTimeout as wait } from "node:timers/promises"
import { between, type Usage } from "./child.ts"
import { report } from "./report.ts"
import { type Bench, type Role, roles, setUp } from "./setup.ts"
import { arrived, expectAt, sayEvent, takeLatencies } from "./stopwatch.ts"

export type Run = {
  name: string
  events: number
  deliveries: number
  seconds: number
  latenciesMs: number[]
  usage: Record<Role, Usage>
}

// Steady too: a burst at cold processes makes POSTs slow, and the endpoint counts as slow for a minute.
const WARM_UP = { perSecond: 50, seconds: 6 }
const STEADY = { perSecond: 50, seconds: 30 }
const FULL_LOAD = 5000
// Workers know an endpoint for ten seconds at most before they look again.
const KNOWN_MS = 11_000

async function usageOf(bench: Bench): Promise<Record<Role, Usage>> {
  const all = roles.map(async (role) => [role, await bench.children[role].usage()])
  return Object.fromEntries(await Promise.all(all))
}

async function measure(
  bench: Bench,
  name: string,
  say: () => Promise<number>,
  isProfiled = false,
): Promise<Run> {
  const before = await usageOf(bench)
  if (isProfiled) await bench.children.workers.profile()
  const startedAt = performance.now()
  const events = await say()
  const latenciesMs = await takeLatencies()
  const seconds = (performance.now() - startedAt) / 1000
  const after = await usageOf(bench)
  const usage = Object.fromEntries(roles.map((role) => [role, between(before[role], after[role])]))
  return {
    name,
    events,
    deliveries: latenciesMs.length,
    seconds,
    latenciesMs,
    usage: usage as Record<Role, Usage>,
  }
}

async function sayAll(bench: Bench, events: number): Promise<number> {
  for (let said = 0; said < events; said++) {
    sayEvent(bench)
    // A PBX writes in bursts, and this process must also answer as the receiver.
    if (said % 50 === 49) await wait(1)
  }
  return events
}

async function saySteadily(bench: Bench, { perSecond, seconds }: typeof STEADY): Promise<number> {
  const startedAt = performance.now()
  const events = perSecond * seconds
  for (let said = 0; said < events; said++) {
    await wait(Math.max(0, startedAt + (said * 1000) / perSecond - performance.now()))
    sayEvent(bench)
  }
  return events
}

async function addEndpoints(bench: Bench): Promise<void> {
  for (const path of ["second", "third"]) {
    await bench.addEndpoint(bench.receiverUrl + path)
    expectAt(`/${path}`)
  }
  await wait(KNOWN_MS)
}

/** From the PBX to the receiver, as tables. */
export async function benchFlow({ profile }: { profile: boolean }): Promise<string> {
  const bench = await setUp(arrived)
  try {
    await measure(bench, "warm-up", () => saySteadily(bench, WARM_UP))
    const paced = () => saySteadily(bench, STEADY)
    const steady = await measure(bench, `${STEADY.perSecond} events/s`, paced, profile)
    const full = await measure(bench, "full load", () => sayAll(bench, FULL_LOAD), profile)
    await addEndpoints(bench)
    const three = await measure(bench, "3 endpoints", () => sayAll(bench, FULL_LOAD), profile)
    return report([steady, full, three], bench.engine)
  } finally {
    await bench.close()
  }
}
