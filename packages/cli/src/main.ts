import { setDefaultAutoSelectFamilyAttemptTimeout } from "node:net"
import { runCli } from "./program.ts"
import { openTerminal } from "./terminal.ts"

// Node gives each address of a name 250 ms: on a slow line the API would not be reached.
setDefaultAutoSelectFamilyAttemptTimeout(2_500)

// Whoever reads our output may leave early (`| head`): that is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0)
  throw error
})

// The first Ctrl-C ends in good order, the second one at once.
const stop = new AbortController()
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    if (stop.signal.aborted) process.exit(130)
    stop.abort()
  })
}

process.exitCode = await runCli(process.argv.slice(2), {
  env: process.env,
  terminal: openTerminal(process.stdout, process.stderr, process.env),
  stopped: stop.signal,
})
