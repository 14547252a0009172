import { setDefaultAutoSelectFamilyAttemptTimeout } from "node:net"
import { run } from "./run.ts"
import { refuseOptions, SettingError } from "./machine-settings.ts"
import { endOnSignals, makeShutdown } from "./shutdown.ts"
import { makeTerminalOutput } from "./terminal-output.ts"

// Node tries each address of a name for 250 ms, which is too short for a named SQS or DynamoDB on a
// slow line.
setDefaultAutoSelectFamilyAttemptTimeout(2_500)

// stdout has one line, for programs. Output of libraries is redirected to stderr, for people.
console.log = console.info = console.debug = console.error

// The engines' files are private too, also in an existing data directory.
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
  // Compared by name: the collector's settings have their own error class.
  const isSetting = error instanceof SettingError || (error as Error).name === "SettingError"
  process.stderr.write(
    `ringback: ${isSetting ? (error as Error).message : (error as Error).stack}\n`,
  )
  process.exit(isSetting ? 2 : 1)
}
