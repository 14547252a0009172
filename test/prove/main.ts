import { availableParallelism } from "node:os"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { tmpdir } from "node:os"
import { parseArgs } from "node:util"
import { runFleet } from "./fleet.ts"
import { runKills } from "./kills.ts"
import { makeTasks } from "./tasks.ts"
import { addDone, formatTotal, makeTotal } from "./total.ts"

const { values } = parseArgs({
  options: {
    histories: { type: "string", default: "5000" },
    events: { type: "string", default: "100000" },
    seed: { type: "string", default: "1" },
    workers: { type: "string", default: String(availableParallelism()) },
    kills: { type: "string", default: "20" },
  },
})
const [histories, events, seed, workers, kills] = [
  values.histories,
  values.events,
  values.seed,
  values.workers,
  values.kills,
].map(Number) as [number, number, number, number, number]

const say = (text: string) => console.log(text)
const startedAt = Date.now()
const elapsed = () => `${Math.round((Date.now() - startedAt) / 1000)} s`

const tasks = makeTasks(histories, events, seed)
say(`${tasks.length} histories from seed ${seed}, in ${workers} processes`)
const total = makeTotal()
let toldAt = Date.now()
await runFleet(tasks, workers, (done) => {
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

let isBalanced = total.failures.length === 0
if (kills > 0) {
  const killed = await runKills({ kills, events: kills * 200, seed })
  const { lost, ...counts } = killed
  say("npm start, killed by SIGKILL while it works")
  for (const [name, value] of Object.entries(counts)) say(`  ${name.padEnd(10)}  ${value}`)
  say(`  ${"lost".padEnd(10)}  ${lost.length}`)
  for (const problem of lost.slice(0, 10)) say(`  ${problem}`)
  isBalanced &&= lost.length === 0
}
process.exitCode = isBalanced ? 0 : 1
