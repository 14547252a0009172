#!/usr/bin/env node
import { setDefaultAutoSelectFamilyAttemptTimeout } from "node:net"
import { createInterface } from "node:readline/promises"
import { runCli } from "./program.ts"
import { openTerminal } from "./terminal.ts"

// Node's default is 250 ms for each address of a name, which is too short for slow connections.
setDefaultAutoSelectFamilyAttemptTimeout(2_500)

// A reader of the output may close it early (`| head`). That is not an error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0)
  throw error
})

// The first Ctrl-C stops cleanly, the second one at once.
const stop = new AbortController()
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    if (stop.signal.aborted) process.exit(130)
    stop.abort()
  })
}

async function confirm(question: string): Promise<boolean> {
  const keyboard = createInterface({ input: process.stdin, output: process.stderr })
  keyboard.on("SIGINT", () => process.exit(130))
  const answer = await keyboard.question(`${question} [y/N] `)
  keyboard.close()
  return /^y(es)?$/i.test(answer.trim())
}

process.exitCode = await runCli(process.argv.slice(2), {
  env: process.env,
  terminal: openTerminal(process.stdout, process.stderr, process.env),
  stopped: stop.signal,
  ...(process.stdin.isTTY && { confirm }),
})
