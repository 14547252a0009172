import { fork, type ChildProcess } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { openExpressions, type Answer, type Request } from "./expression.ts"

/** What one evaluation came to. `late`: it used up its time. `busy`: it got none, because others did or the machine was slow. */
export type Evaluated =
  | { result: "value"; json: string | null }
  | { result: "failed"; reason: string }
  | { result: "late" }
  | { result: "busy" }

export type Sandbox = {
  /** `input`: JSON. The value as JSON; null where there is none, or it is null. */
  evaluate: (expression: string, input: string) => Promise<Evaluated>
  /** What is wrong with an expression before anything is evaluated; undefined where nothing is. */
  check: (expression: string) => Promise<string | undefined>
  close: () => void
}

/** Of the processor. Of the clock it may take longer, on a machine that does other things. */
const CPU_LIMIT_MS = 50
const WALL_LIMIT_MS = 2_000
/** For its turn: what others take too long for must not use up a whole attempt. */
const TURN_LIMIT_MS = 3_000
const LOOK_EVERY_MS = 25
const HEAP_MB = 64

const MARK = "ringback-sandbox"

/**
 * Evaluates tenants' JSONata in a process of its own, one expression after the other: what runs away or eats all memory there
 * is killed with it. That process has no environment, may read its own code alone, and starts nothing.
 */
export function openSandbox(): Sandbox {
  let child: ChildProcess | undefined
  let turn: Promise<unknown> = Promise.resolve()

  const inTurn = async <T>(work: () => Promise<T>): Promise<T | "busy"> => {
    const until = performance.now() + TURN_LIMIT_MS
    // Who has waited for too long gives up its turn, which costs the next one nothing.
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
  // It says hello when it is ready: what starting takes is no expression's time.
  await new Promise<void>((resolve, reject) => {
    child.once("message", () => resolve())
    child.once("exit", (code) => reject(new Error(`The transforms' process ended with ${code}`)))
  })
  child.removeAllListeners("exit")
  child.unref()
  child.channel?.unref()
  return child
}

// Its own code, and its libraries where they are not bundled with it.
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
      // Where nobody tells what was used of the processor, it counts as used.
      else if (performance.now() - startedAt > WALL_LIMIT_MS)
        finish(hasCpuTimes() ? "busy" : "late")
    }, LOOK_EVERY_MS)
    child.once("message", onMessage)
    child.once("exit", onExit)
    child.send(request, (error) => error && finish("died"))
  })
}

const TICK_MS = 10
// Asked here alone: the other process may not look.
const hasCpuTimes = () => existsSync("/proc/self/stat")

/** What a process has used of the processor; on systems without /proc always 0, so that the clock alone decides. */
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

/** The other side: runs in the process that `start` began. */
async function serve(): Promise<void> {
  const answer = await openExpressions()
  process.on(
    "message",
    (request: Request) => void answer(request).then((each) => void process.send!(each)),
  )
  process.send!("ready")
}

if (process.argv[2] === MARK && process.send) await serve()
