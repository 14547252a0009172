import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import type { AmiRun } from "./ami-run.ts"

/** What was measured, on what, and how it stands to the target. */
export type AmiRow = [what: string, value: string, note: string]

const CLIENTS = ["ringback", "asterisk.io", "asterisk-manager"] as const
const ROUNDS = 5
const SECONDS = 1
const MILLIONS = 5
const RUN = fileURLToPath(new URL("ami-run.ts", import.meta.url))

/** Reading AMI: ours and the two clients of npm by turns, each run a process of its own, the median of them. */
export async function benchAmi({ withMemory = false } = {}): Promise<AmiRow[]> {
  const rows: AmiRow[] = []
  for (const [mode, title] of [
    ["burst", "events of 920 bytes, reads of 64 KB"],
    ["pieces", "events of 920 bytes, reads of 1,400 bytes"],
  ] as const) {
    rows.push(...(await race(mode, title)))
  }
  rows.push(await time("an event of 900 KB, reads of 1,400 bytes", 900_000, 30))
  rows.push(await time("an event of 4 MB refused, reads of 1,400 bytes", 4_000_000, 100))
  if (withMemory) rows.push(await readMillions())
  return rows
}

async function race(mode: string, title: string): Promise<AmiRow[]> {
  const rates = new Map<string, number[]>(CLIENTS.map((client) => [client, []]))
  for (let round = 0; round < ROUNDS; round++) {
    for (const client of CLIENTS) {
      const { events, cpuSeconds } = await run(client, mode, SECONDS)
      rates.get(client)?.push(events / cpuSeconds)
    }
  }
  const ours = middle(rates.get("ringback") ?? [])
  return CLIENTS.map((client): AmiRow => {
    const rate = middle(rates.get(client) ?? [])
    const ratio = client === "ringback" ? "" : `ours is ${(ours / rate).toFixed(1)} times as fast`
    return [`${client}: ${title}`, `${Math.round(rate).toLocaleString("en")} a CPU second`, ratio]
  })
}

async function readMillions(): Promise<AmiRow> {
  const { memoryMb, seconds } = await run("ringback", "memory", MILLIONS * 1e6)
  const each = memoryMb.map((mb) => mb.toFixed(0)).join(" ")
  return [
    `${MILLIONS} million events`,
    `${seconds.toFixed(0)} s`,
    `resident MB, ten times on the way: ${each}`,
  ]
}

async function time(title: string, bytes: number, targetMs: number): Promise<AmiRow> {
  const runs: AmiRun[] = []
  for (let round = 0; round < ROUNDS; round++) runs.push(await run("ringback", "large", bytes))
  const wall = milliseconds(middle(runs.map(({ seconds }) => seconds)))
  const work = milliseconds(middle(runs.map(({ cpuSeconds }) => cpuSeconds)))
  return [title, wall, `of work: ${work}; target: under ${targetMs} ms`]
}

async function run(client: string, mode: string, amount: number): Promise<AmiRun> {
  const arguments_ = ["--expose-gc", RUN, client, mode, String(amount)]
  const { stdout } = await promisify(execFile)(process.execPath, arguments_)
  return JSON.parse(stdout) as AmiRun
}

function middle(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN
}

function milliseconds(seconds: number): string {
  return `${(seconds * 1_000).toFixed(1)} ms`
}

if (import.meta.main) {
  for (const row of await benchAmi({ withMemory: process.argv.includes("--memory") })) {
    console.log(row.filter(Boolean).join(" | "))
  }
}
