import { spawn, spawnSync, type ChildProcess } from "node:child_process"
import { randomInt } from "node:crypto"
import { once } from "node:events"
import { Agent, createServer as createHttpServer, request as httpRequest } from "node:http"
import { type AddressInfo, createServer } from "node:net"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import type { Engine, EngineOptions } from "./engine.ts"
import { HOST, urlOf } from "./loopback.ts"
import { answerSdkOnly } from "./sdk-requests.ts"

/** The program, if this platform can run it. */
export function findDynoxide(): string | undefined {
  if (process.platform !== "linux" || process.arch !== "x64") return undefined
  try {
    const path = fileURLToPath(import.meta.resolve("@dynoxide/linux-x64/dynoxide"))
    return spawnSync(path, ["--version"], { stdio: "ignore" }).status === 0 ? path : undefined
  } catch {
    return undefined
  }
}

export const dynoxideFile = "dynamodb.sqlite"

/**
 * dynoxide in its own process. It responds to web pages too and only listens on TCP. So its address
 * is one that no web page can guess, and the announced port forwards what `answerSdkOnly` lets
 * through. `chooseAddress`: for tests.
 */
export async function startDynoxide(
  { dataDir, port = 0, onEnded }: EngineOptions = {},
  chooseAddress = hiddenAddress,
): Promise<Engine & { directUrl: string }> {
  const program = findDynoxide()
  if (!program) throw new Error("dynoxide does not run on this platform")
  const database = dataDir ? ["--db-path", join(dataDir, dynoxideFile)] : []
  const { address, engine } = await startProgram(program, database, chooseAddress)
  let isClosing = false
  engine.once("exit", (code, signal) => isClosing || onEnded?.(String(signal ?? code)))
  try {
    const front = await startFront(address, port)
    const close = async () => {
      isClosing = true
      await front.close()
      await end(engine)
    }
    return { url: front.url, directUrl: `http://${address.host}:${address.port}`, close }
  } catch (error) {
    isClosing = true
    await end(engine)
    throw error
  }
}

type Address = { host: string; port: number }

const MAX_STARTS = 10

// Another program may take a port between its choice and its use, so a few others are tried.
async function startProgram(
  program: string,
  options: string[],
  chooseAddress: () => Promise<Address>,
) {
  for (let started = 1; ; started++) {
    const address = await chooseAddress()
    const where = ["--host", address.host, "--port", String(address.port)]
    const engine = superviseProgram(program, ["serve", ...where, ...options])
    try {
      await whenListening(engine)
      return { address, engine }
    } catch (error) {
      const isTaken = String(error).includes("already in use")
      if (!isTaken || started === MAX_STARTS) throw error
    }
  }
}

// One of nearly 2^24 addresses and 28,000 ephemeral ports: too many for a web page to try. It hides
// nothing from other programs on this machine.
async function hiddenAddress(): Promise<Address> {
  const host = `127.${randomInt(1, 255)}.${randomInt(256)}.${randomInt(1, 255)}`
  const server = createServer().listen(0, host)
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, "close")
  return { host, port }
}

/**
 * The announced port, which forwards the requests of an SDK. Rejects with EADDRINUSE if the port is
 * taken.
 */
async function startFront(address: Address, port: number) {
  const agent = new Agent({ keepAlive: true })
  const server = createHttpServer((request, response) => {
    const { connection: _, ...headers } = request.headers
    const passed = httpRequest({ ...address, agent, method: "POST", path: "/", headers })
    passed.once("response", (answer) => {
      response.writeHead(answer.statusCode!, answer.headers)
      answer.once("error", () => response.destroy()).pipe(response)
    })
    passed.once("error", () => response.destroy())
    response.once("close", () => response.writableFinished || passed.destroy())
    request.pipe(passed)
  })
  answerSdkOnly(server, "DynamoDB")
  await once(server.listen(port, HOST), "listening")
  const close = async () => {
    server.close()
    server.closeAllConnections()
    agent.destroy()
  }
  return { url: urlOf(server), close }
}

// The shell reads a pipe from this process and ends the program when the pipe closes, also after
// this process was killed.
const SUPERVISE = `exec 3<&0
"$@" 3<&- & engine=$!
{ read -r _ <&3; kill "$engine"; } & watch=$!
wait "$engine"; status=$?
kill "$watch"; exit "$status"`

function superviseProgram(program: string, options: string[]): ChildProcess {
  // In its own process group: the engine ignores Ctrl-C, because the workers still need it while
  // they end.
  return spawn("/bin/sh", ["-c", SUPERVISE, "sh", program, ...options], {
    stdio: ["pipe", "ignore", "pipe"],
    detached: true,
  })
}

async function whenListening(engine: ChildProcess): Promise<void> {
  const said: string[] = []
  for await (const line of createInterface({ input: engine.stderr! })) {
    if (line.includes("listening on")) {
      engine.stderr!.resume()
      return
    }
    said.push(line)
  }
  throw new Error(`dynoxide did not start: ${said.join(" ")}`)
}

const END_MS = 2_000

async function end(engine: ChildProcess): Promise<void> {
  if (engine.exitCode !== null || engine.signalCode !== null) return
  const ended = once(engine, "exit")
  const hurry = setTimeout(() => process.kill(-engine.pid!, "SIGKILL"), END_MS)
  engine.stdin!.end()
  await ended
  clearTimeout(hurry)
}
