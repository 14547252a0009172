import { fork, type ChildProcess } from "node:child_process"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { makeFairTurns } from "./fair-turns.ts"
import { cpuMs, endFirst, hasCpuTimes, memoryMb } from "./process-use.ts"
import {
  runIfSandbox,
  TOO_MUCH_MEMORY,
  type RealmReply,
  type RealmRequest,
} from "./sandbox-realms.ts"
import { NOT_CHECKED, type Answer, type Request } from "./expression.ts"

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
  /**
   * `realm`: whose expression it is. What it changes in JSONata's objects is only seen in this realm.
   * `input`: JSON. Returns the value as JSON, or null if there is none or it is null.
   */
  evaluate: (realm: string, expression: string, input: string) => Promise<Evaluated>
  /**
   * The error in an expression, without evaluating it. Undefined if there is none. `owner`: whose turn
   * it is.
   */
  check: (owner: string, expression: string) => Promise<string | undefined>
  close: () => void
}

/** CPU time. The elapsed time can be longer on a machine that is busy. */
const CPU_LIMIT_MS = 50
const WALL_LIMIT_MS = 2_000
/** The maximum wait for a turn: slow evaluations of others must not use up a whole attempt. */
const TURN_LIMIT_MS = 3_000
const LOOK_EVERY_MS = 10
/**
 * The memory that the process may take for one evaluation: the heap of a realm, and some more. The
 * heap's own limit only counts between two native functions, and one of them can take half a
 * gigabyte within the time for an expression: more than a function in Lambda has.
 */
const MEMORY_LIMIT_MB = 96
// Longer than the end of a realm may take.
const END_WATCHED_MS = 500

const MARK = "ringback-sandbox"

// Reading an expression evaluates nothing, so all of them share a realm.
const CHECKS_REALM = "checks"

/**
 * Evaluates tenants' JSONata in a separate process, one expression at a time. An expression that
 * does not end or uses too much memory is ended together with its realm. The process has no
 * environment, can only read its own code, and starts no other process.
 */
export function openSandbox(): Sandbox {
  let child: ChildProcess | undefined
  let asked = 0
  let endWatch: NodeJS.Timeout | undefined
  const { inTurn, excuse } = makeFairTurns(TURN_LIMIT_MS)

  async function ask(realm: string, request: Request): Promise<Answer | "late" | "busy"> {
    const ending = await exchangeOnce(realm, request)
    // It was not the expression: the process had ended, or its realm did not start.
    const again = ending === "gone" ? await exchangeOnce(realm, request) : ending
    if (again === "died") return TOO_MUCH_MEMORY
    return again === "gone" ? "busy" : again
  }

  async function exchangeOnce(realm: string, request: Request): Promise<Ending> {
    const startedAt = performance.now()
    const process = (child ??= await start())
    let before = 0
    const needsTooMuch = () => memoryMb(process.pid) - before > MEMORY_LIMIT_MB
    const onBegun = () => {
      clearInterval(endWatch)
      before = memoryMb(process.pid)
      excuse(performance.now() - startedAt)
    }
    const watched = { onBegun, needsTooMuch }
    const ending = await exchange(process, { id: ++asked, realm, ...request }, watched)
    if (ending === "late") {
      process.send({ end: realm } satisfies RealmRequest, () => undefined)
      // Until its realm has ended, a native function goes on, and takes memory.
      endWatch = look(() => needsTooMuch() && process.kill("SIGKILL"), END_WATCHED_MS)
    } else if (typeof ending === "string") {
      process.kill("SIGKILL")
      child = undefined
    }
    return ending
  }

  const turnOf = (realm: string, request: Request, owner = realm) =>
    inTurn(owner, async () => {
      const value = await ask(realm, request)
      // What needs too much memory costs the start of a process or realm.
      return { value, isLong: typeof value === "string" || isTooLarge(value) }
    })

  return {
    async evaluate(realm, expression, input) {
      const answer = await turnOf(realm, { expression, input })
      if (answer === "late" || answer === "busy") return { result: answer }
      return "reason" in answer
        ? { result: "failed", reason: answer.reason }
        : { result: "value", json: answer.json }
    },
    async check(owner, expression) {
      const answer = await turnOf(CHECKS_REALM, { expression }, `${CHECKS_REALM}/${owner}`)
      if (answer === "busy") return NOT_CHECKED
      if (answer === "late") return "it takes too long to read"
      return "reason" in answer ? answer.reason : undefined
    },
    close: () => void child?.kill("SIGKILL"),
  }
}

const isTooLarge = (answer: Answer) =>
  "reason" in answer && answer.reason === TOO_MUCH_MEMORY.reason

// A realm has about 25 MB. In Lambda they share the function's memory with what else runs in it.
const MAX_REALMS = 8
const REALM_MB = 60
const REST_MB = 200

function maxRealms(): number {
  const functionMb = Number(process.env["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] ?? Infinity)
  return Math.min(MAX_REALMS, Math.max(1, Math.floor((functionMb - REST_MB) / REALM_MB)))
}

async function start(): Promise<ChildProcess> {
  const file = fileURLToPath(import.meta.url)
  const child = fork(file, [MARK, String(maxRealms())], {
    env: {},
    execArgv: [
      "--permission",
      "--allow-worker",
      ...readable(file).map((path) => `--allow-fs-read=${path}`),
    ],
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  })
  child.on("error", () => undefined)
  endFirst(child)
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

/** `gone`: the process ended, or did not get ready, before the expression was evaluated. */
type Ending = Answer | "late" | "busy" | "died" | "gone"

function exchange(
  child: ChildProcess,
  request: Extract<RealmRequest, { id: number }>,
  { onBegun, needsTooMuch }: { onBegun: () => void; needsTooMuch: () => boolean },
): Promise<Ending> {
  return new Promise((resolve) => {
    let startedAt = performance.now()
    // CPU time counts from when the realm is ready.
    let before: number | undefined
    const finish = (ending: Ending) => {
      clearInterval(watch)
      child.off("message", onMessage)
      child.off("exit", onExit)
      resolve(ending)
    }
    const onMessage = ({ id, answer }: RealmReply) => {
      // Another one is of an expression that was late.
      if (id !== request.id) return
      if (answer) return finish(answer)
      onBegun()
      startedAt = performance.now()
      before = cpuMs(child.pid)
    }
    const onExit = () => finish(before === undefined ? "gone" : "died")
    const watch = setInterval(() => {
      const isOver = performance.now() - startedAt > WALL_LIMIT_MS
      if (before === undefined) return isOver && finish("gone")
      if (needsTooMuch()) return finish("died")
      if (cpuMs(child.pid) - before > CPU_LIMIT_MS) return finish("late")
      // If the CPU time cannot be measured, the elapsed time counts as CPU time.
      return isOver && finish(hasCpuTimes() ? "busy" : "late")
    }, LOOK_EVERY_MS)
    child.on("message", onMessage)
    child.once("exit", onExit)
    child.send(request, (error) => error && onExit())
  })
}

/** Repeats an action for this time. */
function look(action: () => void, forMs: number): NodeJS.Timeout {
  const until = performance.now() + forMs
  const watch = setInterval(() => {
    action()
    if (performance.now() > until) clearInterval(watch)
  }, LOOK_EVERY_MS)
  return watch.unref()
}

await runIfSandbox(MARK, fileURLToPath(import.meta.url))
