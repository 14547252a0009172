import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import type { AmiRun } from "./ami-run.ts"
import type { CollectorRun } from "./collector-run.ts"

export type CollectorRow = [what: string, value: string, note: string]

const ROUNDS = 5
const SECONDS = 1
const READS = [
  ["burst", 65_536, "reads of 64 KB"],
  ["pieces", 1_400, "reads of 1,400 bytes"],
] as const

/** From the socket to the disk (parsed, JSON, an id, spooled, flushed) beside clients that only parse; medians, by turns. */
export async function benchCollector(): Promise<CollectorRow[]> {
  const rows: CollectorRow[] = []
  for (const [mode, bytes, title] of READS) {
    const contestants = {
      "collector, to the disk": () => run("collector-run.ts", "spool", bytes),
      "the same, rows of node:sqlite": () => run("collector-run.ts", "sqlite", bytes),
      "asterisk.io, parsed only": () => run("ami-run.ts", "asterisk.io", mode),
      "asterisk-manager, parsed only": () => run("ami-run.ts", "asterisk-manager", mode),
    }
    const rates = new Map<string, number[]>()
    for (let round = 0; round < ROUNDS; round++) {
      for (const [name, measure] of Object.entries(contestants)) {
        const { events, cpuSeconds } = await measure()
        rates.set(name, [...(rates.get(name) ?? []), events / cpuSeconds])
      }
    }
    const [ours = NaN, ...others] = [...rates.values()].map(middle)
    for (const [index, name] of [...rates.keys()].entries()) {
      const rate = index === 0 ? ours : others[index - 1]!
      const note = index === 0 ? "" : `ours is ${(ours / rate).toFixed(1)} times as fast`
      rows.push([
        `${name}: ${title}`,
        `${Math.round(rate).toLocaleString("en")} a CPU second`,
        note,
      ])
    }
  }
  return rows
}

async function run(file: string, ...words: (string | number)[]): Promise<AmiRun | CollectorRun> {
  const path = fileURLToPath(new URL(file, import.meta.url))
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [path, ...words, SECONDS].map(String),
  )
  return JSON.parse(stdout) as AmiRun | CollectorRun
}

const middle = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN

if (import.meta.main) {
  for (const row of await benchCollector()) console.log(row.filter(Boolean).join(" | "))
}
