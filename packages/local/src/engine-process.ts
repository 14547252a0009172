import { fork } from "node:child_process"
import { once } from "node:events"
import type { Engine, EngineOptions } from "./engine.ts"

export type EngineKind = "sqs" | "dynalite"

/** What the process of an engine says when it is up, or is not. */
export type Report = { url: string } | { message: string; code?: string | undefined }

const main = new URL("./engine-main.ts", import.meta.url)
const END_MS = 2_000

/** An engine in a process of its own, which ends with this one. Rejects with EADDRINUSE where the port is taken. */
export async function spawnEngine(
  kind: EngineKind,
  { dataDir, port, onEnded }: EngineOptions & { dataDir: string },
): Promise<Engine> {
  const child = fork(main, [kind, dataDir, String(port ?? 0)], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    // A Ctrl-C is not for the engine, which the workers still need while they end.
    detached: true,
    execArgv: [],
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
