import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after } from "node:test"
import { jsonOf, type SpoolRecord } from "@ringback/collector/spool/record"
import { Spool } from "@ringback/collector/spool/spool"
import type { SpoolOptions } from "@ringback/collector/spool/spool-options"
import { toAscii } from "@ringback/events/message"

const root = mkdtempSync(join(tmpdir(), "ringback-spool-"))
after(() => rmSync(root, { recursive: true }))

export const makeDir = () => mkdtempSync(join(root, "s"))
export const message = (number: number, padding = "") =>
  toAscii(JSON.stringify({ v: 1, kind: "event", receivedAt: 1_000_000 + number, number, padding }))
export const numberOf = (line: SpoolRecord) =>
  (JSON.parse(jsonOf(line)) as { number: number }).number

export async function openSpool(dir: string, options: Partial<SpoolOptions> = {}) {
  const kept = { acknowledged: options.acknowledged ?? 0 }
  const saveAcknowledged = (position: number) => (kept.acknowledged = position)
  const spool = await Spool.open({
    dir,
    maxBytes: 1e9,
    acknowledged: kept.acknowledged,
    saveAcknowledged,
    ...options,
  })
  return { spool, kept }
}

/** All that can be taken, as numbers. */
export async function drain(spool: Spool, isDone = true): Promise<number[]> {
  const numbers: number[] = []
  const left = spool.depth
  while (numbers.length < left) {
    const taken = spool.take(10, 1e6)
    if (taken.length === 0) await spool.available()
    if (isDone) spool.done(taken)
    numbers.push(...taken.map(numberOf))
  }
  return numbers
}

export const range = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => from + i)
