import { fork } from "node:child_process"
import { once } from "node:events"
import type { Engine, EngineOptions } from "./engine.ts"

export type EngineKind = "sqs" | "dynalite"

/** The message of an engine's process when it has started, or failed to. */
export type Report = { url: string } | { message: string; code?: string | undefined }

// The young generation of V8's heap grows to 48 MB by itself. With this one it is 6 MB, for a little
// more processor time at full load. `npm start` has the same.
const SMALL_HEAP = "--max-semi-space-size=2"

const main = new URL("./engine-main.ts", import.meta.url)
const END_MS = 2_000

/**
 * An engine in its own process, which ends with this one. Rejects with EADDRINUSE if the port is
 * taken.
 */
export async function spawnEngine(
  kind: EngineKind,
  { dataDir, port, onEnded }: EngineOptions & { dataDir: string },
): Promise<Engine> {
  const child = fork(main, [kind, dataDir, String(port ?? 0)], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    // The engine ignores Ctrl-C, because the workers still need it while they end.
    detached: true,
    execArgv: [SMALL_HEAP],
  })
  const ended = once(child, "exit")
  const report = (await Promise.race([
    once(child, "message").then(([message]) => message as Report),
    ended.then(([code, signal]) => ({ message: `its process ended with ${signal ?? code}` })),
  ])) as Report
  if (!("url" in report)) throw Object.assign(new Error(report.message), { code: report.code })
  let isClosing = false
  child.once("exit", (code, signal) => isClosing || onEnded?.(String(signal ?? code)))
  return {
    url: report.url,
    async close() {
      isClosing = true
      if (child.exitCode !== null || child.signalCode !== null) return
      const hurry = setTimeout(() => child.kill("SIGKILL"), END_MS)
      child.send("close")
      await ended
      clearTimeout(hurry)
    },
  }
}
