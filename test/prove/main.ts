import { availableParallelism, tmpdir } from "node:os"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { proveCrm } from "./crm/main.ts"
import { proveEdge, replayEdge } from "./edge/main.ts"
import { runFleet } from "./fleet.ts"
import { runKills } from "./kills.ts"
import { makeTasks, workerFile } from "./tasks.ts"
import { addDone, formatTotal, makeTotal } from "./total.ts"
import type { Done, Task } from "./worker.ts"

const USAGE = `npm run prove -- [options]: long fault-injection runs; exit code 1 where anything was lost or told wrongly
  --histories N    histories of ingest and delivery (5000; 0: none)
  --events N       how many events they have in all, at least (100000)
  --kills N        how often npm start is killed while it works (20; 0: never)
  --edge N         histories of collectors and their PBX (5000; 0: none)
  --edge-plain     of those only what needs no module that is late or goes
  --crm N          histories of calls into CRMs (2000; 0: none)
  --only NAME      ledger, kills, edge or crm: that part alone
  --seed N         the first seed (1); each history has the next one
  --workers N      processes (one for each core)
  --edge-replay N  lives through one seed of the edge, says all that was logged, and its least form where it fails`

const { values } = parseArgs({
  options: {
    histories: { type: "string", default: "5000" },
    events: { type: "string", default: "100000" },
    seed: { type: "string", default: "1" },
    workers: { type: "string", default: String(availableParallelism()) },
    kills: { type: "string", default: "20" },
    edge: { type: "string", default: "5000" },
    "edge-plain": { type: "boolean", default: false },
    crm: { type: "string", default: "2000" },
    only: { type: "string" },
    "edge-replay": { type: "string" },
    help: { type: "boolean" },
  },
})
const seed = Number(values.seed)
const workers = Number(values.workers)
const isWanted = (part: string) => values.only === undefined || values.only === part

const say = (text: string) => console.log(text)
const startedAt = Date.now()
const elapsed = () => `${Math.round((Date.now() - startedAt) / 1000)} s`

async function proveLedger(histories: number, events: number): Promise<boolean> {
  const tasks = makeTasks(histories, events, seed)
  say(`${tasks.length} histories from seed ${seed}, in ${workers} processes`)
  const total = makeTotal()
  let toldAt = Date.now()
  await runFleet<Task, Done>(workerFile, tasks, workers, (done) => {
    addDone(total, done)
    const failure = total.failures.at(-1)
    if (failure?.seed === done.task.seed) {
      const file = join(tmpdir(), `ringback-seed-${failure.seed}.log`)
      writeFileSync(file, failure.lines.join("\n"))
      say(`seed ${failure.seed}${failure.events ? ` (${failure.events} events)` : ""}: ${file}`)
      for (const problem of failure.problems.slice(0, 10)) say(`  ${problem}`)
    }
    if (Date.now() - toldAt < 10_000) return
    toldAt = Date.now()
    const { lost, failures } = total
    say(
      `${elapsed()}: ${total.histories} histories, ${total.events} events, ${lost} lost, ${failures.length} failed`,
    )
  })
  say(`\n${formatTotal(total)}\n${"took".padEnd(10)}${elapsed()}\n`)
  return total.failures.length === 0
}

async function proveKills(kills: number): Promise<boolean> {
  const { lost, ...counts } = await runKills({ kills, events: kills * 200, seed })
  say("npm start, killed by SIGKILL while it works")
  for (const [name, value] of Object.entries(counts)) say(`  ${name.padEnd(10)}  ${value}`)
  say(`  ${"lost".padEnd(10)}  ${lost.length}`)
  for (const problem of lost.slice(0, 10)) say(`  ${problem}`)
  return lost.length === 0
}

async function proveAll(): Promise<boolean> {
  const [histories, events, kills, edge, crm] = [
    values.histories,
    values.events,
    values.kills,
    values.edge,
    values.crm,
  ].map(Number) as [number, number, number, number, number]
  const results: boolean[] = []
  if (isWanted("edge") && edge > 0)
    results.push(
      await proveEdge({ histories: edge, seed, workers, isPlain: values["edge-plain"], say }),
    )
  if (isWanted("crm") && crm > 0)
    results.push(await proveCrm({ histories: crm, seed, workers, say }))
  if (isWanted("ledger") && histories > 0) results.push(await proveLedger(histories, events))
  if (isWanted("kills") && kills > 0) results.push(await proveKills(kills))
  return results.every(Boolean)
}

if (values.help) say(USAGE)
else {
  const replay = values["edge-replay"]
  const isProven = replay === undefined ? await proveAll() : await replayEdge(Number(replay), say)
  process.exitCode = isProven ? 0 : 1
}
