import { spawn, spawnSync, type ChildProcess } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { canConnect } from "../harness/can-connect.ts"
import { holdPort } from "../harness/held-port.ts"
import { until } from "../harness/until.ts"

const folder = fileURLToPath(new URL("../../packages/receiver/examples/", import.meta.url))

/** How an example is run: its command, or why it cannot be run on this machine. */
export type Example = { name: string } & (
  { command: (port: number) => string[] } | { skip: string }
)

/** The three examples, what they need being put into `temporary`. */
export function findExamples(temporary: string): Example[] {
  return [nodeExample(), pythonExample(temporary), phpExample()]
}

function nodeExample(): Example {
  const source = "--conditions=ringback-source"
  const command = () => [process.execPath, source, join(folder, "node/receiver.ts")]
  return { name: "Node", command }
}

function phpExample(): Example {
  const name = "PHP"
  const { error, stdout } = spawnSync("php", ["-m"], { encoding: "utf8" })
  if (error) return { name, skip: "php is not installed" }
  if (!stdout.includes("pdo_sqlite")) return { name, skip: "php has no pdo_sqlite" }
  const script = join(folder, "php/receiver.php")
  return { name, command: (port) => ["php", "-S", `127.0.0.1:${port}`, script] }
}

function pythonExample(temporary: string): Example {
  const name = "Python"
  const script = join(folder, "python/receiver.py")
  const needs = ["-c", "import fastapi, standardwebhooks, uvicorn"]
  if (spawnSync("python3", needs).status === 0) return { name, command: () => ["python3", script] }
  const environment = join(temporary, "venv")
  if (spawnSync("python3", ["-m", "venv", environment]).status !== 0) {
    return { name, skip: "python3 with venv is not installed" }
  }
  const python = join(environment, "bin/python")
  const requirements = join(folder, "python/requirements.txt")
  const install = [
    "-m",
    "pip",
    "install",
    "--quiet",
    "--retries",
    "0",
    "--requirement",
    requirements,
  ]
  const isInstalled = spawnSync(python, install, { timeout: 60_000 }).status === 0
  if (!isInstalled) return { name, skip: "FastAPI is not installed, and pip cannot fetch it" }
  return { name, command: () => [python, script] }
}

export type RunningExample = { url: string; close: () => Promise<void> }

/** Runs an example until `close`, on a port that is kept for it. */
export async function startExample(
  command: (port: number) => string[],
  settings: { RINGBACK_SECRET: string; DATABASE?: string },
): Promise<RunningExample> {
  const { port, release } = await holdPort()
  const url = `http://127.0.0.1:${port}/webhooks`
  const [program, ...args] = command(port) as [string, ...string[]]
  const env = { ...process.env, ...settings, PORT: `${port}`, NODE_NO_WARNINGS: "1" }
  const child = spawn(program, args, { env, stdio: ["ignore", "ignore", "pipe"] })
  let said = ""
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text))
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`${program} has ended: ${said}`)
    return canConnect("127.0.0.1", url)
  })
  const close = async () => {
    await stop(child)
    await release()
  }
  return { url, close }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const ended = once(child, "exit")
  child.kill("SIGKILL")
  await ended
}
