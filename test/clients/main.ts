import { spawn } from "node:child_process"
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { accessSync, constants } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, dirname, join } from "node:path"
import { text } from "node:stream/consumers"
import { startReceiver } from "../harness/receiver.ts"
import { operatorKey, startRingback } from "../harness/ringback.ts"
import { generators, type Generator } from "./generators.ts"

// `npm run test:clients`: what code generators make of the document, compiled and used. `-- java` runs those whose
// name has "java" in it. Nothing is kept.

type Row = { generator: string; generated: string; compiled: string; flow: string }

const here = new URL("./", import.meta.url).pathname
const documentFile = join(here, "../../functions/api/openapi.json")
const COMMAND_TIMEOUT_MS = 10 * 60 * 1000

const isInstalled = (program: string) =>
  (process.env["PATH"] ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })

/** Runs it; throws what it said where it fails. */
async function run(command: readonly string[], cwd: string, env: Record<string, string>) {
  const [program, ...args] = command as [string, ...string[]]
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: COMMAND_TIMEOUT_MS,
  })
  const ended = new Promise<number | string>((resolve, reject) => {
    child.once("error", reject)
    child.once("close", (code, signal) => resolve(code ?? signal!))
  })
  const said = await Promise.all([text(child.stdout), text(child.stderr)])
  const code = await ended
  if (code !== 0)
    throw new Error(`${command.slice(0, 4).join(" ")} ended with ${code}\n${said.join("")}`)
}

async function tryGenerator(generator: Generator, env: Record<string, string>): Promise<Row> {
  const { name, needs, flow, files } = generator
  const row: Row = { generator: name, generated: "-", compiled: "-", flow: "-" }
  const missing = needs.filter((program) => !isInstalled(program))
  if (missing.length > 0) return { ...row, generated: `skipped: no ${missing.join(", ")} here` }
  const folder = mkdtempSync(join(tmpdir(), "ringback-client-"))
  try {
    const place = join(folder, flow[1])
    mkdirSync(dirname(place), { recursive: true })
    copyFileSync(documentFile, join(folder, "openapi.json"))
    for (const [file, content] of Object.entries(files)) writeFileSync(join(folder, file), content)
    const steps = [
      ["generated", [...generator.install, ...generator.generate]],
      ["compiled", generator.compile],
      ["flow", [generator.run]],
    ] as const
    for (const [step, commands] of steps) {
      row[step] = "no"
      if (step === "compiled") copyFileSync(join(here, "flows", flow[0]), place)
      for (const command of commands) await run(command, folder, env)
      row[step] = "yes"
    }
  } catch (error) {
    process.stderr.write(`${name}: ${(error as Error).message}\n`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return row
}

const cleaners: (() => void | Promise<void>)[] = []
const context = { after: (clean: () => void | Promise<void>) => void cleaners.unshift(clean) }
const dataDir = mkdtempSync(join(tmpdir(), "ringback-clients-"))
context.after(() => rmSync(dataDir, { recursive: true, force: true }))
const rows: Row[] = []
try {
  const receiver = await startReceiver()
  context.after(() => receiver.close())
  const { ready, kill } = await startRingback(context, {
    RINGBACK_DATA_DIR: dataDir,
    RINGBACK_DEMO: "0",
    // Receivers on this machine.
    RINGBACK_ALLOWED_NETWORKS: "127.0.0.0/8",
  })
  context.after(() => kill())
  const env = {
    RINGBACK_URL: ready.apiUrl,
    RINGBACK_OPERATOR_KEY: operatorKey,
    RECEIVER_URL: receiver.url,
  }
  const [only = ""] = process.argv.slice(2)
  for (const generator of generators.filter(({ name }) => name.includes(only))) {
    rows.push(await tryGenerator(generator, env))
  }
} finally {
  for (const clean of cleaners) await clean()
}

const columns = ["generator", "generated", "compiled", "flow"] as const
const lines = [Object.fromEntries(columns.map((column) => [column, column])) as Row, ...rows]
const widths = columns.map((column) => Math.max(...lines.map((line) => line[column].length)))
for (const line of lines) {
  console.log(
    columns
      .map((column, at) => line[column].padEnd(widths[at]!))
      .join("  ")
      .trimEnd(),
  )
}
if (rows.some((row) => Object.values(row).includes("no"))) process.exitCode = 1
