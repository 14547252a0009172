import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads"
import { openExpressions, type Answer, type Request } from "./expression.ts"

/** Sent to a sandbox process: an expression for the realm of an owner, or a realm to end with all it does. */
export type RealmRequest = (Request & { id: number; realm: string }) | { end: string }
/** Without `answer`: the evaluation starts now. Its answer follows. */
export type RealmReply = { id: number; answer?: Answer }

const HEAP_MB = 64
const YOUNG_HEAP_MB = 8
export const TOO_MUCH_MEMORY = { reason: "it needs too much memory" }
const END_LIMIT_MS = 250

const isRealm = (mark: string) => !isMainThread && workerData === mark

/**
 * Runs a sandbox process, or one realm in it, if this is one. Each owner's expressions have a realm
 * of their own, a thread with its own JavaScript objects: what an expression changes in JSONata's
 * objects no other owner's expression sees. `file` runs this function. The process's argument after
 * the mark is how many realms there may be. Another owner's takes the place of the one that was used
 * longest ago.
 */
export async function runIfSandbox(mark: string, file: string): Promise<void> {
  if (isRealm(mark)) return serveRealm()
  if (process.argv[2] !== mark || !process.send) return
  const maxRealms = Number(process.argv[3])
  const realms = new Map<string, Worker>()
  // What a realm still does would count as the next one's CPU time.
  let ending: Promise<unknown> = Promise.resolve()

  async function end(realm: string | undefined) {
    const worker = realms.get(realm ?? "")
    realms.delete(realm ?? "")
    // A thread that is in a long native function does not end, and a process that exits waits for it.
    const limit = setTimeout(killOurselves, END_LIMIT_MS)
    await worker?.terminate()
    clearTimeout(limit)
  }

  async function serve(id: number, realm: string, request: Request) {
    await ending
    const isKnown = realms.has(realm)
    const [oldest] = realms.keys()
    if (!isKnown && realms.size >= maxRealms) await end(oldest)
    const worker = realms.get(realm) ?? (await startRealm(mark, file))
    // The one that was used last is behind all others.
    realms.delete(realm)
    realms.set(realm, worker)
    reply({ id })
    const answer = await ask(worker, request)
    if (answer === TOO_MUCH_MEMORY) realms.delete(realm)
    reply({ id, answer })
  }

  process.on("message", (message: RealmRequest) => {
    if ("end" in message) ending = end(message.end)
    else void serve(message.id, message.realm, message)
  })
  // The threads would keep it alive.
  process.on("disconnect", killOurselves)
  process.send("ready")
}

const killOurselves = () => void process.kill(process.pid, "SIGKILL")

const reply = (message: RealmReply) => void process.send!(message)

async function startRealm(mark: string, file: string): Promise<Worker> {
  const resourceLimits = {
    maxOldGenerationSizeMb: HEAP_MB,
    maxYoungGenerationSizeMb: YOUNG_HEAP_MB,
  }
  const worker = new Worker(file, { workerData: mark, env: {}, resourceLimits })
  // One that runs out of memory later ends with an error too. Unheard, it would end the process.
  await new Promise((resolve, reject) => worker.once("message", resolve).on("error", reject))
  return worker
}

function ask(worker: Worker, request: Request): Promise<Answer> {
  return new Promise((resolve) => {
    const finish = (answer: Answer) => {
      worker.off("message", finish).off("error", onEnd).off("exit", onEnd)
      resolve(answer)
    }
    const onEnd = () => finish(TOO_MUCH_MEMORY)
    worker.on("message", finish).on("error", onEnd).on("exit", onEnd)
    worker.postMessage(request)
  })
}

async function serveRealm(): Promise<void> {
  // Only the process itself starts threads: one that an expression started would not be restricted.
  permissionOf(process)?.drop?.("worker")
  const answer = await openExpressions()
  const port = parentPort!
  port.on(
    "message",
    (request: Request) => void answer(request).then((each) => port.postMessage(each)),
  )
  port.postMessage("ready")
}

// Node 24.21 has it; the types do not.
const permissionOf = (process: object) =>
  (process as { permission?: object }).permission as { drop: (scope: string) => void } | undefined
