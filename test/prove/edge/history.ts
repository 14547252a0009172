// A MODEL OF THE EDGE
//
// One or two collectors of one source, a PBX that knows each event, each record and who was connected when, and all that
// happens to them: killed, restarted, stopped in a list, frozen, its module gone or late; disks full, SQS away, clocks off.
// The collector and the ingest function are the real ones, unchanged; DynamoDB is the embedded engine. Time, network,
// disk and SQS are simulated (globals.ts, wire.ts, disk.ts, workers.ts), so a history of a quarter of an hour takes a
// fraction of a second.
//
// A seed is one history. `npm run prove -- --edge 5000 --seed 1` lives through the seeds 1 to 5000; one that fails is
// shrunk, and its least form is printed. To live through one seed again, with what everybody logged:
//
//   npm run prove -- --edge-replay 4711
//
// What must hold is in oracle.ts. A seed means another history once plan.ts or what it draws from changes; therefore a
// fault that was found leaves its shrunken plan in test/faults/edge-*.test.ts.
import "./globals.ts"
import { formatSourceToken } from "@ringback/events/token"
import { makeChance } from "../chance.ts"
import { seedIds } from "../seeded-ids.ts"
import { Course } from "./course.ts"
import { Machine } from "./machine.ts"
import { judge } from "./oracle.ts"
import { Pbx } from "./pbx.ts"
import type { Plan } from "./plan.ts"
import { Reading } from "./reading.ts"
import { Simulation } from "./simulation.ts"
import type { Span } from "./spans.ts"
import { makeTable, Workers } from "./workers.ts"

export type Table = Awaited<ReturnType<typeof makeTable>>

export type History = {
  problems: string[]
  /** What was said, came to pass, and was told. */
  counts: Record<string, number>
  /** The gaps that were told, in order. */
  gaps: Span[]
  simulatedMs: number
  /** What everybody did and logged, in order. */
  lines: string[]
}

/** All that takes part in a history. */
export type World = {
  plan: Plan
  simulation: Simulation
  pbx: Pbx
  machines: Machine[]
  workers: Workers
  reading: Reading
  queue: { isAway: boolean }
  lines: string[]
}

const STARTS_AT = Date.parse("2026-11-22T12:00:00Z")
const SECOND = 1_000
const WARM_UP_MS = 15 * SECOND
// What was inferred is held up to six minutes; on 13 it shows after ten that the module was gone.
const CALM_MS = { 22: 8 * 60 * SECOND, 13: 16 * 60 * SECOND }

/** Lives through a plan and judges it. */
export async function runPlan(plan: Plan, table: Table): Promise<History> {
  // The tenant is a new one each time: the table knows those of other histories.
  const world = await makeWorld(plan, table)
  const restoreIds = seedIds(plan.seed)
  try {
    await live(world)
    const { simulation, lines } = world
    return { ...judge(world), simulatedMs: simulation.now - STARTS_AT, lines }
  } finally {
    for (const machine of world.machines) machine.disk.close()
    restoreIds()
  }
}

async function makeWorld(plan: Plan, table: Table): Promise<World> {
  const simulation = new Simulation(STARTS_AT)
  const chance = makeChance(plan.seed)
  const lines: string[] = []
  const log = (who: string, event: string, fields: object = {}) =>
    void lines.push(
      `${(simulation.now - STARTS_AT) / SECOND} ${who} ${event} ${JSON.stringify(fields)}`,
    )
  const pbx = new Pbx(simulation, chance, plan, log)
  const workers = await Workers.start(simulation, chance, table, log)
  const { tenant, source } = workers.customer
  const sourceToken = formatSourceToken({ tenant, source: source.source.id, ...source.key })
  const { queue } = workers
  const around = { simulation, chance, pbx, workers, queue, sourceToken, log }
  const machines = plan.skewsMs.map((skewMs, index) => new Machine("AB"[index]!, skewMs, around))
  const reading = new Reading(simulation)
  pbx.onChange = () => reading.look(machines)
  return { plan, simulation, pbx, machines, workers, reading, queue, lines }
}

async function live(world: World): Promise<void> {
  const { plan, simulation, pbx, machines } = world
  pbx.start(0)
  await simulation.runUntil(STARTS_AT + SECOND)
  for (const machine of machines) machine.start()
  await simulation.runUntil(STARTS_AT + WARM_UP_MS)
  const course = new Course(world)
  for (const { afterMs, ...deed } of plan.steps) {
    await simulation.runUntil(simulation.now + afterMs)
    course.do(deed)
  }
  course.mendAll()
  // One more that is heard, and all has time to be found out.
  await simulation.runUntil(simulation.now + WARM_UP_MS)
  course.do({ do: "act", which: 0 })
  await simulation.runUntil(simulation.now + CALM_MS[plan.version])
}
