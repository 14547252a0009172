import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import type { AmiRun } from "./ami-run.ts"

type Row = [what: string, value: string, note: string]

const ROUNDS = 7
const MILLIONS = 5
const READS = [
  ["64 KB", 65_536],
  ["1,400 bytes", 1_400],
] as const

const CONTESTANTS = {
  "ringback, ordered pairs": ["ami-run.ts", "ringback"],
  "ringback, to the disk": ["collector-run.ts", "spool"],
  "asterisk.io, parsed only": ["ami-run.ts", "asterisk.io"],
  "asterisk-manager, parsed only": ["ami-run.ts", "asterisk-manager"],
  "ringback, rows of node:sqlite": ["collector-run.ts", "sqlite"],
} as const
type Contestant = keyof typeof CONTESTANTS

/**
 * Reading AMI (ordered pairs), and the collector's way from the socket to the disk (parsed, JSON, an id, spooled,
 * flushed), beside two clients of npm: by turns, each run a process of its own. Medians, of the ratios too.
 */
export async function benchAmi(withMemory = false): Promise<string> {
  const rows: Row[] = []
  for (const [title, bytes] of READS) {
    rows.push([`Events of 920 bytes, reads of ${title}`, "a CPU second", ""])
    rows.push(...(await race(bytes)))
  }
  rows.push(["One event, reads of 1,400 bytes", "", ""])
  rows.push(await time("900 KB", 900_000, 30), await time("4 MB, refused", 4_000_000, 100))
  if (withMemory) rows.push(await readMillions())
  const lines = rows.map(
    ([what, value, note]) => `${what.padEnd(44)}${value.padStart(14)}  ${note}`,
  )
  return `${lines.map((line) => line.trimEnd()).join("\n")}\n`
}

async function race(bytes: number): Promise<Row[]> {
  const names = Object.keys(CONTESTANTS) as Contestant[]
  const rounds: Record<Contestant, number>[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const rates: [Contestant, number][] = []
    for (const name of names) {
      const [file, mode] = CONTESTANTS[name]
      const { events, cpuSeconds } = await run(file, mode, bytes)
      rates.push([name, events / cpuSeconds])
    }
    rounds.push(Object.fromEntries(rates) as Record<Contestant, number>)
  }
  // A machine's speed changes within minutes: what ran side by side is compared, round by round.
  const times = (ours: Contestant, name: Contestant) =>
    middle(rounds.map((rates) => rates[ours] / rates[name])).toFixed(2)
  return names.map((name): Row => {
    const pairs = times("ringback, ordered pairs", name)
    const disk = times("ringback, to the disk", name)
    const note = `pairs are ${pairs}, to the disk is ${disk} times as fast`
    const rate = Math.round(middle(rounds.map((rates) => rates[name]))).toLocaleString("en")
    return [`  ${name}`, rate, name.startsWith("ringback") ? "" : note]
  })
}

async function readMillions(): Promise<Row> {
  const { memoryMb, seconds } = await run("ami-run.ts", "memory", MILLIONS * 1e6)
  const each = memoryMb.map((mb) => mb.toFixed(0)).join(" ")
  const what = `${MILLIONS} million events`
  return [what, `${seconds.toFixed(0)} s`, `resident MB, ten times on the way: ${each}`]
}

async function time(title: string, bytes: number, targetMs: number): Promise<Row> {
  const runs: AmiRun[] = []
  for (let round = 0; round < ROUNDS; round++) runs.push(await run("ami-run.ts", "large", bytes))
  const wall = milliseconds(middle(runs.map(({ seconds }) => seconds)))
  const work = milliseconds(middle(runs.map(({ cpuSeconds }) => cpuSeconds)))
  return [`  ${title}`, wall, `of work: ${work}; target: under ${targetMs} ms`]
}

async function run(file: string, mode: string, amount: number): Promise<AmiRun> {
  const path = fileURLToPath(new URL(file, import.meta.url))
  const words = ["--expose-gc", path, mode, String(amount)]
  const { stdout } = await promisify(execFile)(process.execPath, words)
  return JSON.parse(stdout) as AmiRun
}

function middle(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN
}

function milliseconds(seconds: number): string {
  return `${(seconds * 1_000).toFixed(1)} ms`
}
