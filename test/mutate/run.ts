import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { env, execPath } from "node:process"
import type { Change } from "./compiler.ts"

const hook = new URL("hook.ts", import.meta.url).href

export type Ended = { outcome: "passed" | "failed" | "timed out"; durationMs: number }

/**
 * Runs one test file in a process group of its own, ended at the first test that fails, or after the limit. Its
 * temporary files lie in a folder of its own, which a killed test cannot clear away.
 */
export function runTest(
  file: string,
  options: { change?: Change | undefined; coverage?: string; limitMs: number },
): Promise<Ended> {
  const startedAt = performance.now()
  const { change, coverage, limitMs } = options
  const temporary = mkdtempSync(join(tmpdir(), "mutate-"))
  const child = spawn(execPath, ["--test-reporter=tap", file], {
    detached: true,
    stdio: ["ignore", "pipe", "ignore"],
    env: {
      ...env,
      TMPDIR: temporary,
      ...(change && { MUTANT: JSON.stringify(change), NODE_OPTIONS: `--import=${hook}` }),
      ...(coverage && { NODE_V8_COVERAGE: coverage }),
    },
  })
  const kill = () => {
    try {
      process.kill(-child.pid!, "SIGKILL")
    } catch {
      // The whole group has ended already.
    }
  }
  return new Promise((resolve) => {
    let outcome: Ended["outcome"] | undefined
    const timer = setTimeout(() => {
      outcome ??= "timed out"
      kill()
    }, limitMs)
    let rest = ""
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      const lines = (rest + chunk).split("\n")
      rest = lines.pop()!
      if (!lines.some((line) => /^\s*not ok (?!.*# (TODO|SKIP))/.test(line))) return
      outcome ??= "failed"
      kill()
    })
    child.on("exit", (code) => {
      clearTimeout(timer)
      kill()
      rmSync(temporary, { recursive: true, force: true, maxRetries: 3 })
      const durationMs = performance.now() - startedAt
      resolve({ outcome: outcome ?? (code === 0 ? "passed" : "failed"), durationMs })
    })
  })
}
