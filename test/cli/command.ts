import type { TestContext } from "node:test"
import { runCli } from "../../packages/cli/src/program.ts"
import { openTerminal } from "../../packages/cli/src/terminal.ts"

export type Finished = { exitCode: number; out: string; err: string }

/** A command line that goes on in this process until it is stopped, at the end of the test at the latest. */
export function startCli(t: TestContext, args: string[], env?: NodeJS.ProcessEnv, isTTY?: boolean) {
  const stop = new AbortController()
  t.after(() => stop.abort())
  return run(args, stop, env, isTTY)
}

/** A command line that ends by itself. */
export const cli = (args: string[], env?: NodeJS.ProcessEnv, isTTY?: boolean) =>
  run(args, new AbortController(), env, isTTY).finished

function run(args: string[], stop: AbortController, env: NodeJS.ProcessEnv = {}, isTTY = false) {
  const written = { out: "", err: "" }
  const terminal = openTerminal(
    { isTTY, write: (text) => (written.out += text) },
    { isTTY, write: (text) => (written.err += text) },
    env,
  )
  const done = runCli(args, {
    // A data directory that is not there: what lies in this repository's must not matter.
    env: { RINGBACK_DATA_DIR: "/nowhere/ringback", ...env },
    terminal,
    stopped: stop.signal,
  })
  return {
    written,
    stop: () => stop.abort(),
    finished: done.then((exitCode): Finished => ({ exitCode, ...written })),
  }
}

const DEADLINE_MS = 20_000

/** Waits until the condition holds; throws where it does not in good time. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS
  while (!(await isSo())) {
    if (Date.now() > deadline)
      throw new Error(`In ${DEADLINE_MS} ms it did not come about: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
