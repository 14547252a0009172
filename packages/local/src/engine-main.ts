import { join } from "node:path"
import { setTimeout as wait } from "node:timers/promises"
import { makeDirectory } from "@ringback/collector/make-directory"
import { lockDirectory } from "@ringback/collector/spool/lock"
import { startDynalite } from "./dynalite-engine.ts"
import type { EngineKind, Report } from "./engine-process.ts"
import { startSqs } from "./engines.ts"

// The process of one engine. It ends when its parent process closes or loses the channel between
// them.
const [kind, dataDir, port] = process.argv.slice(2) as [EngineKind, string, string]
const LOOK_MS = 20
const HANDOVER_MS = 10_000

// Where nobody listens any more there is nothing to go on for.
const report = (report: Report) =>
  process.send!(report, (error: Error | null) => error && process.exit(0))
process.once("disconnect", () => process.exit(0))
// A terminal's hang-up reaches this process too, but only concerns its parent.
process.on("SIGHUP", () => {})

try {
  await takeOver()
  const start = kind === "sqs" ? startSqs : startDynalite
  const engine = await start({ dataDir, port: Number(port) })
  process.once("message", () => void engine.close().finally(() => process.exit(0)))
  report({ url: engine.url })
} catch (error) {
  const { message, code } = error as NodeJS.ErrnoException
  process.send!({ message, code } satisfies Report, () => process.exit(1))
}

/**
 * After a SIGKILL, the engine of the previous start may live a moment longer, with its files and
 * its port.
 */
async function takeOver() {
  const dir = join(dataDir, "running", kind)
  makeDirectory(dir)
  for (const until = performance.now() + HANDOVER_MS; ; await wait(LOOK_MS)) {
    const lock = lockDirectory(dir)
    if (lock.isHeld) return
    if (!lock.isInUse || performance.now() > until) {
      throw new Error(`the files of an earlier ${kind} are still in use: ${lock.reason}`)
    }
  }
}
