import { setDefaultAutoSelectFamilyAttemptTimeout } from "node:net"
import { run } from "./run.ts"
import { refuseOptions, SettingError } from "./machine-settings.ts"
import { endOnSignals, makeShutdown } from "./shutdown.ts"
import { makeTerminalOutput } from "./terminal-output.ts"

// Node gives each address of a name 250 ms: on a slow line a named SQS or DynamoDB would not be reached.
setDefaultAutoSelectFamilyAttemptTimeout(2_500)

// stdout has one line, for programs: whatever a library prints there goes to the people on stderr.
console.log = console.info = console.debug = console.error

// What the engines write is nobody else's either, also in a data dir that was there before.
process.umask(0o077)

const output = makeTerminalOutput()
const shutdown = makeShutdown()
const isEnding = endOnSignals(shutdown, () =>
  output.title("Ending: what is in flight goes on at the next start."),
)
try {
  refuseOptions(process.argv.slice(2))
  await run(process.env, output, shutdown, (error) => isEnding() || void fail(error))
} catch (error) {
  // A signal while it starts takes away what the start stands on.
  if (!isEnding()) await fail(error)
}

async function fail(error: unknown): Promise<never> {
  await shutdown.run()
  // By name: the collector's settings have an error of their own.
  const isSetting = error instanceof SettingError || (error as Error).name === "SettingError"
  process.stderr.write(
    `ringback: ${isSetting ? (error as Error).message : (error as Error).stack}\n`,
  )
  process.exit(isSetting ? 2 : 1)
}
