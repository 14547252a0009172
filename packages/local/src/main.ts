import { run } from "./run.ts"
import { refuseOptions, SettingError } from "./settings.ts"
import { endOnSignals, makeShutdown } from "./shutdown.ts"
import { makeStory } from "./story.ts"

// stdout has one line, for programs: whatever a library prints there goes to the people on stderr.
console.log = console.info = console.debug = console.error

// What the engines write is nobody else's either, also in a data dir that was there before.
process.umask(0o077)

const story = makeStory()
const shutdown = makeShutdown()
const isEnding = endOnSignals(shutdown, () =>
  story.title("Ending: what is in flight goes on at the next start."),
)
try {
  refuseOptions(process.argv.slice(2))
  await run(process.env, story, shutdown, (error) => isEnding() || void fail(error))
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
