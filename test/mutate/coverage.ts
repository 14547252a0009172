import { createHash } from "node:crypto"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { runTest } from "./run.ts"

type Span = [start: number, end: number]

/** What a test file runs, in itself and in the processes that it starts. */
export type Covered = {
  test: string
  durationMs: number
  /** Of each source: its hash as it was, and the spans that ran. */
  files: Record<string, { hash: string; spans: Span[] }>
  hash: string
  isGreen: boolean
}

/** For a test without a mutant, on a machine that does much else. */
export const COVERAGE_LIMIT_MS = 900_000

/** Each test file's coverage, kept until the test or a source that it runs has changed. */
export async function coverageOf(
  root: string,
  tests: string[],
  isSource: (file: string) => boolean,
  say: (line: string) => void,
): Promise<Covered[]> {
  const folder = join(root, "node_modules/.cache/mutate")
  mkdirSync(folder, { recursive: true })
  const all: Covered[] = []
  for (const test of tests) {
    const kept = join(folder, `${test.replaceAll("/", "_")}.json`)
    const known = readKept(root, kept, test)
    const covered = known ?? (await measure(root, test, isSource))
    if (!known) {
      say(
        `coverage: ${test} ${covered.isGreen ? "" : "FAILS UNCHANGED, is left out: "}${Math.round(covered.durationMs)} ms`,
      )
      // One that failed is asked again the next time.
      if (covered.isGreen) writeFileSync(kept, JSON.stringify(covered))
    }
    if (covered.isGreen) all.push(covered)
  }
  return all
}

function readKept(root: string, kept: string, test: string): Covered | undefined {
  let covered: Covered
  try {
    covered = JSON.parse(readFileSync(kept, "utf8")) as Covered
  } catch {
    return undefined
  }
  const isSame = (file: string, hash: string) => hashOf(join(root, file)) === hash
  const sources = Object.entries(covered.files)
  return isSame(test, covered.hash) && sources.every(([file, { hash }]) => isSame(file, hash))
    ? covered
    : undefined
}

async function measure(
  root: string,
  test: string,
  isSource: (file: string) => boolean,
): Promise<Covered> {
  const folder = mkdtempSync(join(tmpdir(), "mutate-coverage-"))
  const limitMs = COVERAGE_LIMIT_MS
  const { outcome, durationMs } = await runTest(join(root, test), { coverage: folder, limitMs })
  const files: Covered["files"] = {}
  for (const name of readdirSync(folder)) addReport(root, join(folder, name), isSource, files)
  rmSync(folder, { recursive: true, force: true })
  return { test, durationMs, files, hash: hashOf(join(root, test))!, isGreen: outcome === "passed" }
}

type Report = {
  result: {
    url: string
    functions: { ranges: { startOffset: number; endOffset: number; count: number }[] }[]
  }[]
}

function addReport(
  root: string,
  file: string,
  isSource: (file: string) => boolean,
  files: Covered["files"],
) {
  let report: Report
  try {
    report = JSON.parse(readFileSync(file, "utf8")) as Report
  } catch {
    // Of a process that was killed while it wrote.
    return
  }
  for (const { url, functions } of report.result) {
    if (!url.startsWith("file://")) continue
    const path = fileURLToPath(url.replace(/[?#].*/, ""))
    const name = relative(root, path)
    if (!isSource(name)) continue
    const was = files[name]
    const hash = was?.hash ?? hashOf(path)!
    files[name] = { hash, spans: joined(was?.spans ?? [], spansOf(functions)) }
  }
}

// Ranges are nested, and the innermost decides.
function spansOf(functions: Report["result"][number]["functions"]): Span[] {
  const ranges = functions
    .flatMap((each) => each.ranges)
    .sort((a, b) => a.startOffset - b.startOffset || b.endOffset - a.endOffset)
  const size = Math.max(0, ...ranges.map(({ endOffset }) => endOffset))
  const ran = new Uint8Array(size)
  for (const { startOffset, endOffset, count } of ranges)
    ran.fill(count > 0 ? 1 : 0, startOffset, endOffset)
  return toSpans(ran)
}

function joined(one: Span[], other: Span[]): Span[] {
  const ran = new Uint8Array(Math.max(0, ...[...one, ...other].map(([, end]) => end)))
  for (const [start, end] of [...one, ...other]) ran.fill(1, start, end)
  return toSpans(ran)
}

function toSpans(ran: Uint8Array): Span[] {
  const spans: Span[] = []
  for (let start = ran.indexOf(1); start !== -1;) {
    const zero = ran.indexOf(0, start)
    const end = zero === -1 ? ran.length : zero
    spans.push([start, end])
    start = ran.indexOf(1, end)
  }
  return spans
}

export const covers = ({ files }: Covered, file: string, offset: number) =>
  files[file]?.spans.some(([start, end]) => start <= offset && offset < end) ?? false

function hashOf(file: string): string | undefined {
  try {
    return createHash("sha256").update(readFileSync(file)).digest("hex").slice(0, 16)
  } catch {
    return undefined
  }
}
