import { fork, type ChildProcess } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { openExpressions, type Answer, type Request } from "./expression.ts"

/**
 * The result of one evaluation. `late`: it exceeded its time. `busy`: it did not run, because of
 * other evaluations or a slow machine.
 */
export type Evaluated =
  | { result: "value"; json: string | null }
  | { result: "failed"; reason: string }
  | { result: "late" }
  | { result: "busy" }

export type Sandbox = {
  /** `input`: JSON. Returns the value as JSON, or null if there is none or it is null. */
  evaluate: (expression: string, input: string) => Promise<Evaluated>
  /** The error in an expression, without evaluating it. Undefined if there is none. */
  check: (expression: string) => Promise<string | undefined>
  close: () => void
}

/** CPU time. The elapsed time can be longer on a machine that is busy. */
const CPU_LIMIT_MS = 50
const WALL_LIMIT_MS = 2_000
/** The maximum wait for a turn: slow evaluations of others must not use up a whole attempt. */
const TURN_LIMIT_MS = 3_000
const LOOK_EVERY_MS = 25
const HEAP_MB = 64

const MARK = "ringback-sandbox"

/**
 * Evaluates tenants' JSONata in a separate process, one expression at a time. An expression that
 * does not end or uses too much memory is killed together with the process. The process has no
 * environment, can only read its own code, and starts no other process.
 */
export function openSandbox(): Sandbox {
  let child: ChildProcess | undefined
  let turn: Promise<unknown> = Promise.resolve()

  const inTurn = async <T>(work: () => Promise<T>): Promise<T | "busy"> => {
    const until = performance.now() + TURN_LIMIT_MS
    // An evaluation that has waited too long gives up its turn, which costs the next one nothing.
    const done = turn.then<T | "busy">(() => (performance.now() > until ? "busy" : work()))
    turn = done.catch(() => undefined)
    return done
  }

  async function ask(request: Request): Promise<Answer | "late" | "busy"> {
    child ??= await start()
    const answer = await exchange(child, request)
    if (answer === "late" || answer === "busy" || answer === "died") {
      child.kill("SIGKILL")
      child = undefined
    }
    return answer === "died" ? { reason: "it needs too much memory" } : answer
  }

  return {
    async evaluate(expression, input) {
      const answer = await inTurn(() => ask({ expression, input }))
      if (answer === "late" || answer === "busy") return { result: answer }
      return "reason" in answer
        ? { result: "failed", reason: answer.reason }
        : { result: "value", json: answer.json }
    },
    async check(expression) {
      const answer = await inTurn(() => ask({ expression }))
      if (answer === "busy") return "it could not be read now: try again"
      if (answer === "late") return "it takes too long to read"
      return "reason" in answer ? answer.reason : undefined
    },
    close: () => void child?.kill("SIGKILL"),
  }
}

async function start(): Promise<ChildProcess> {
  const file = fileURLToPath(import.meta.url)
  const child = fork(file, [MARK], {
    env: {},
    execArgv: [
      "--permission",
      ...readable(file).map((path) => `--allow-fs-read=${path}`),
      `--max-old-space-size=${HEAP_MB}`,
    ],
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  })
  child.on("error", () => undefined)
  // The process reports when it is ready: its start does not count as an expression's time.
  await new Promise<void>((resolve, reject) => {
    child.once("message", () => resolve())
    child.once("exit", (code) => reject(new Error(`The transforms' process ended with ${code}`)))
  })
  child.removeAllListeners("exit")
  child.unref()
  child.channel?.unref()
  return child
}

// Its own code, and its libraries if they are not bundled with it.
function readable(file: string): string[] {
  const folder = dirname(file)
  try {
    const { resolve } = createRequire(import.meta.url)
    const libraries = [resolve("jsonata/package.json"), join(resolve("re2js"), "..")].map(dirname)
    return [folder, ...libraries]
      .map((path) => join(path, "*"))
      .concat(join(folder, "..", "package.json"))
  } catch {
    return [join(folder, "*")]
  }
}

function exchange(
  child: ChildProcess,
  request: Request,
): Promise<Answer | "late" | "busy" | "died"> {
  return new Promise((resolve) => {
    const startedAt = performance.now()
    const before = cpuMs(child.pid)
    const finish = (answer: Answer | "late" | "busy" | "died") => {
      clearInterval(watch)
      child.off("message", onMessage)
      child.off("exit", onExit)
      resolve(answer)
    }
    const onMessage = (message: unknown) => finish(message as Answer)
    const onExit = () => finish("died")
    const watch = setInterval(() => {
      const usedMs = cpuMs(child.pid) - before
      if (usedMs > CPU_LIMIT_MS) finish("late")
      // If the CPU time cannot be measured, the elapsed time counts as CPU time.
      else if (performance.now() - startedAt > WALL_LIMIT_MS)
        finish(hasCpuTimes() ? "busy" : "late")
    }, LOOK_EVERY_MS)
    child.once("message", onMessage)
    child.once("exit", onExit)
    child.send(request, (error) => error && finish("died"))
  })
}

const TICK_MS = 10
// Only looked up here, because the other process has no access to it.
const hasCpuTimes = () => existsSync("/proc/self/stat")

/**
 * The CPU time that a process has used. Always 0 on systems without /proc, where only the elapsed
 * time counts.
 */
function cpuMs(pid: number | undefined): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    const [user = 0, system = 0] = stat
      .slice(stat.lastIndexOf(")"))
      .split(" ")
      .slice(12)
      .map(Number)
    return (user + system) * TICK_MS
  } catch {
    return 0
  }
}

/** The other side: runs in the process that `start` created. */
async function serve(): Promise<void> {
  const answer = await openExpressions()
  process.on(
    "message",
    (request: Request) => void answer(request).then((each) => void process.send!(each)),
  )
  process.send!("ready")
}

if (process.argv[2] === MARK && process.send) await serve()
