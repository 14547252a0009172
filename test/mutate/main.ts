import { globSync, readFileSync } from "node:fs"
import { relative, resolve } from "node:path"
import { argv, cwd } from "node:process"
import { parseArgs } from "node:util"
import { openCompiler } from "./compiler.ts"
import { COVERAGE_LIMIT_MS, covers, coverageOf, type Covered } from "./coverage.ts"
import { findEquivalent, staleEquivalents } from "./equivalents.ts"
import { mutantsOf, type Mutant } from "./mutants.ts"
import { runTest } from "./run.ts"

/**
 * Mutation run: do the tests notice when the code does something else?
 *
 *   npm run mutate -- [--room functions]... [--file packages/store/src/list-page.ts[:40]]... [--sample 60] [--seed 1]
 *                     [--list-survivors] [--nearest] [--all-tests] [--coverage-only]
 *
 * A mutant is one small change of a source: a condition that is always true or false, a neighbouring operator, a
 * statement, an await, an object's key or a call in a chain left out, a result that is undefined, an emptied function,
 * a literal, a condition of a database expression. Made by the TypeScript compiler's parser; what its checker refuses is
 * not a mutant (counted as `refused`: nobody could commit it). Texts of several words, log lines, types, generated
 * prose and settings of a deployment are left alone.
 *
 * Each is loaded in place of its file (`hook.ts`), so nothing is written, and runs may go on side by side. Of the test
 * folders that a room is tested by (`TESTED_BY`; with `--all-tests` of all) those files are run that run the changed
 * place, the nearest folder first, cheapest first: without `--all-tests` the score is a lower bound. `--nearest` runs the
 * nearest folder alone, which is quick and finds what the room's own tests leave open. Each file's coverage is
 * collected once, the nearest folder's first, and kept in node_modules/.cache/mutate. Killed: a test fails, or it hangs.
 * A busy machine makes tests slow too: one that takes over twice as long as usual and 15 s more is run without the
 * mutant, and hangs if it then exceeds twice that time and 15 s again. What no test runs has survived.
 *
 * `--sample` takes so many mutants of each room, by a seeded shuffle: the score is then an estimate, of which the
 * standard error is shown. Without it all are run, which takes many hours. A survivor is either a gap in the tests or
 * equivalent, which only a reader can tell: those found so stand in `known-equivalents.ts` with the reason, and are left out.
 */
const { values: options } = parseArgs({
  args: argv.slice(2),
  options: {
    room: { type: "string", multiple: true },
    file: { type: "string", multiple: true },
    sample: { type: "string" },
    seed: { type: "string", default: "1" },
    "list-survivors": { type: "boolean", default: false },
    nearest: { type: "boolean", default: false },
    "all-tests": { type: "boolean", default: false },
    "coverage-only": { type: "boolean", default: false },
  },
})

const ROOMS = ["functions", "store", "webhooks", "ami", "collector", "events"] as const
type Room = (typeof ROOMS)[number]

/** Folders of test/, the nearest first. */
const TESTED_BY: Record<Room, string[]> = {
  functions: ["functions", "api", "portal", "telemetry", "faults"],
  store: ["store", "functions", "api"],
  webhooks: ["webhooks", "functions"],
  ami: ["ami", "collector", "edge", "faults"],
  collector: ["collector", "edge", "telemetry", "faults"],
  events: ["events", "functions", "edge", "api"],
}
// The two rooms in functions/ that have test folders of their own.
const foldersOf = (room: Room, file: string) => {
  const own = /^functions\/(api|portal)\//.exec(file)?.[1]
  const folders = own ? [...new Set([own, "api", "functions"])] : TESTED_BY[room]
  return options.nearest ? folders.slice(0, 1) : folders
}

// Prose of the API's document, and what is read once from a deployment's own settings.
const LEFT_OUT =
  /\.d\.ts$|node_modules|functions\/(resources|api\/(docs.*|openapi.*|write-openapi|components))\.ts$/

const root = cwd()
const say = (line: string) => void process.stderr.write(`${line}\n`)

const sourcesOf = (room: Room) =>
  globSync(room === "functions" ? "functions/**/*.ts" : `packages/${room}/src/**/*.ts`)
    .filter((file) => !LEFT_OUT.test(file))
    .sort()
const roomOf = (file: string) => ROOMS.find((room) => sources.get(room)!.includes(file))
const sources = new Map(ROOMS.map((room) => [room, sourcesOf(room)]))

const rooms = ROOMS.filter((room) => !options.room || options.room.includes(room))
// The tests of rooms that are not asked for need no coverage.
const folders = new Set(
  rooms.flatMap((room) =>
    TESTED_BY[room].slice(0, options.nearest && room !== "functions" ? 1 : undefined),
  ),
)
const placeOf = (test: string) => {
  const at = [...folders].indexOf(test.split("/")[1]!)
  return at === -1 ? folders.size : at
}
const tests = globSync(["test/*.test.ts", "test/!(infra)/**/*.test.ts"])
  .filter((test) => options["all-tests"] || folders.has(test.split("/")[1]!))
  .sort()
  .sort((a, b) => placeOf(a) - placeOf(b))
const compiler = openCompiler(root)
const covered = await coverageOf(root, tests, (file) => roomOf(file) !== undefined, say)
const rows: { room: Room; ran: number; all: number; killed: number; refused: number }[] = []
const survivors: string[] = []
if (!options["coverage-only"]) {
  for (const room of rooms) await runRoom(room)
  report()
}
compiler.close()

async function runRoom(room: Room): Promise<void> {
  const isWanted = ({ file, line }: Mutant) =>
    !options.file ||
    options.file.some((wanted) => {
      const [path, at] = wanted.split(":")
      return relative(root, resolve(path!)) === relative(root, file) && (!at || Number(at) === line)
    })
  const files = sources.get(room)!
  const made = files.flatMap((file) => mutantsOf(compiler.parse(resolve(file))))
  const all = made.filter((mutant) => !isEquivalent(mutant)).filter(isWanted)
  for (const { file, line, what } of staleEquivalents(files))
    say(`known-equivalents.ts: ${file} has no such mutant: ${line}  ${String(what)}`)
  const row = { room, ran: 0, all: all.length, killed: 0, refused: 0 }
  if (all.length === 0) return
  rows.push(row)
  const limit = Number(options.sample ?? Infinity)
  for (const mutant of options.sample ? shuffled(all, Number(options.seed)) : all) {
    if (row.ran >= limit) break
    if (!compiler.compiles(mutant)) {
      row.refused++
      continue
    }
    row.ran++
    const killer = await killerOf(room, mutant)
    if (killer.by) row.killed++
    const place = `${relative(root, mutant.file)}:${mutant.line}`
    const fate = killer.by ? `killed by ${killer.by}` : `SURVIVED ${killer.tried} files`
    say(`${room} ${row.killed}/${row.ran} ${place} ${mutant.what}: ${fate}`)
    if (!killer.by) survivors.push(`${place}  ${mutant.what}  (${killer.tried} test files ran it)`)
  }
}

function isEquivalent(mutant: Mutant): boolean {
  const line = readFileSync(mutant.file, "utf8").split("\n")[mutant.line - 1]!
  return findEquivalent(relative(root, mutant.file), line, mutant) !== undefined
}

async function killerOf(room: Room, mutant: Mutant): Promise<{ by?: string; tried: number }> {
  const file = relative(root, mutant.file)
  const folders = foldersOf(room, file)
  const rankOf = ({ test }: Covered) => {
    const at = folders.indexOf(test.split("/")[1]!)
    return at === -1 ? folders.length : at
  }
  const able = covered
    .filter((each) => covers(each, file, mutant.start))
    .filter((each) => options["all-tests"] || rankOf(each) < folders.length)
    .sort((a, b) => rankOf(a) - rankOf(b) || a.durationMs - b.durationMs)
  let tried = 0
  for (const { test, durationMs } of able) {
    tried++
    const outcome = await judge(resolve(test), mutant, durationMs)
    if (outcome !== "passed") return { by: outcome === "failed" ? test : `${test} (time)`, tried }
  }
  return { tried }
}

async function judge(test: string, change: Mutant, usualMs: number) {
  const limitOf = (ms: number) => 2 * ms + 15_000
  const { outcome } = await runTest(test, { change, limitMs: limitOf(usualMs) })
  if (outcome !== "timed out") return outcome
  const unchanged = await runTest(test, { limitMs: COVERAGE_LIMIT_MS })
  const limitMs = limitOf(Math.max(usualMs, unchanged.durationMs))
  return (await runTest(test, { change, limitMs })).outcome
}

function report(): void {
  const line = (cells: (string | number)[]) =>
    cells
      .map((cell, at) => (at === 0 ? String(cell).padEnd(11) : String(cell).padStart(10)))
      .join("")
  console.log(line(["room", "mutants", "run", "refused", "killed", "survived", "score"]))
  for (const { room, all, ran, refused, killed } of rows) {
    const share = killed / ran
    const error = ran < all - refused ? ` +-${percent(Math.sqrt((share * (1 - share)) / ran))}` : ""
    console.log(line([room, all, ran, refused, killed, ran - killed, percent(share)]) + error)
  }
  if (options["list-survivors"]) for (const each of survivors) console.log(each)
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}

/** Fisher and Yates, by mulberry32: the same seed gives the same sample of the same sources. */
function shuffled<T>(items: T[], seed: number): T[] {
  let state = seed
  const random = () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const all = [...items]
  for (let at = all.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1))
    const kept = all[at]!
    all[at] = all[other]!
    all[other] = kept
  }
  return all
}
