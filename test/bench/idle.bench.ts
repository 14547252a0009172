import { readdirSync, readFileSync } from "node:fs"
import { loadavg } from "node:os"
import { setTimeout as wait } from "node:timers/promises"
import { makeDir } from "../harness/directory.ts"
import { startRingback } from "../harness/ringback.ts"
import { cpuOfChildren } from "./cpu.ts"

// What `npm start` takes while nothing happens: its memory with the demo, which has a collector in it, and its processor time
// without the demo, which would play calls. Linux only: both are read from /proc.

const SETTLES_SECONDS = 20
const SECONDS = Number(process.env["BENCH_SECONDS"] ?? 60)

const childrenOf = (pid: number): number[] => {
  const tasks = readdirSync(`/proc/${pid}/task`)
  const lists = tasks.map((task) => readFileSync(`/proc/${pid}/task/${task}/children`, "utf8"))
  const pids = lists.join(" ").trim().split(/\s+/).filter(Boolean).map(Number)
  return pids.flatMap((child) => [child, ...childrenOf(child)])
}

/** In MB. `pss` counts what processes share, such as Node's own code, once. */
function memoryOf(pid: number): { rss: number; pss: number } {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8")
  const read = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text)![1])
  return { rss: read("Rss") / 1024, pss: read("Pss") / 1024 }
}

function sayMemory(pid: number): void {
  let [allRss, allPss] = [0, 0]
  for (const each of [pid, ...childrenOf(pid)]) {
    const { rss, pss } = memoryOf(each)
    const words = readFileSync(`/proc/${each}/cmdline`, "utf8").split("\0")
    allRss += rss
    allPss += pss
    // The two shells that end dynoxide with this process have next to nothing.
    if (rss < 2) continue
    const name = words.slice(0, 4).map((word) => word.split("/").at(-1)!)
    console.log(`  ${name.join(" ").padEnd(60)} RSS ${rss.toFixed(0)} MB  PSS ${pss.toFixed(0)} MB`)
  }
  console.log(`memory: RSS ${allRss.toFixed(0)} MB, PSS ${allPss.toFixed(0)} MB`)
}

const cleanings: (() => void | Promise<void>)[] = []
const context = { after: (clean: () => void | Promise<void>) => void cleanings.unshift(clean) }

async function start(isDemo: boolean): Promise<number> {
  const env = { RINGBACK_DATA_DIR: makeDir(), RINGBACK_DEMO: isDemo ? "1" : "0" }
  const { child } = await startRingback(context, env)
  await wait(SETTLES_SECONDS * 1000)
  return child.pid!
}

async function endAll(): Promise<void> {
  for (const clean of cleanings.splice(0)) await clean()
}

try {
  console.log(`load average ${loadavg()[0]!.toFixed(1)} before; npm's own process is not counted`)
  sayMemory(await start(true))
  await endAll()
  await start(false)
  const before = cpuOfChildren()
  await wait(SECONDS * 1000)
  console.log(`processor: ${((cpuOfChildren() - before) / SECONDS).toFixed(1)} ms a second`)
} finally {
  await endAll()
}
process.exit(0)
