import { readFileSync } from "node:fs"
import { Command, CommanderError } from "commander"
import { openApi } from "./api.ts"
import { chooseTenant } from "./choose.ts"
import { addAudit } from "./commands/audit.ts"
import { addCompletion } from "./commands/completion.ts"
import { addDeliveries } from "./commands/deliveries.ts"
import { addEndpoints } from "./commands/endpoints.ts"
import { addErase, addJob } from "./commands/erase.ts"
import { addEventTypes } from "./commands/event-types.ts"
import { addEvents } from "./commands/events.ts"
import { addKeys } from "./commands/keys.ts"
import { addListen } from "./commands/listen.ts"
import { addPreview } from "./commands/preview.ts"
import { addPortalLink } from "./commands/portal-link.ts"
import { addPull } from "./commands/pull.ts"
import { addRecords } from "./commands/records.ts"
import { addRecover } from "./commands/recover.ts"
import { addReplay, addRetry } from "./commands/resend.ts"
import { addSources } from "./commands/sources.ts"
import { addTenants } from "./commands/tenants.ts"
import { addTrigger } from "./commands/trigger.ts"
import { addWhoami } from "./commands/whoami.ts"
import { Failure } from "./failure.ts"
import { plain } from "./plain.ts"
import type { Connection, Open } from "./session.ts"
import { readSettings } from "./settings.ts"
import type { Terminal } from "./terminal.ts"

export type World = {
  env: NodeJS.ProcessEnv
  terminal: Terminal
  /** Aborted when the user stops the command. */
  stopped: AbortSignal
  /** Asks the user; absent if the input is not interactive. */
  confirm?: Connection["confirm"]
}

type Globals = { url?: string; tenant?: string; json?: boolean }

/** A new command needs a file in commands/ and a name here. */
const groups: [heading: string, adds: ((program: Command, open: Open) => void)[]][] = [
  ["Test:", [addListen, addPull, addTrigger, addPreview]],
  ["Look up:", [addEvents, addDeliveries, addRecords, addAudit, addEventTypes, addWhoami]],
  ["Send again:", [addRetry, addReplay, addRecover, addJob]],
  ["Set up:", [addEndpoints, addSources, addKeys, addTenants, addPortalLink, addErase]],
]

/** Runs one command line and returns its exit code. */
export async function runCli(args: string[], world: World): Promise<number> {
  const program = makeProgram(world)
  try {
    await program.parseAsync(args, { from: "user" })
    return 0
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    if (!(error instanceof Failure)) throw error
    const [first, ...rest] = error.message.split("\n").map(plain)
    world.terminal.note(
      `${world.terminal.paint("red", "ringback:")} ${[first, ...rest].join("\n")}`,
    )
    return error.exitCode
  }
}

function makeProgram(world: World): Command {
  const { terminal, env } = world
  // The command as typed, so that hints can be copied: a checkout has no `ringback` on the PATH.
  const name = env["npm_lifecycle_event"] === "cli" ? "npm run cli --" : "ringback"
  const program = new Command(name)
    .description("Listen to, trigger, look up, send again and set up the webhooks of Ringback.")
    .version(version(), "-V, --version", "print the version")
    .helpOption("-h, --help", "show help")
    .helpCommand(false)
    .option("--url <url>", "URL of the API (default: RINGBACK_URL, else that of npm start)")
    .option("--tenant <id or name>", "tenant to use (default: the key's, the only one, or demo)")
    .option("--json", "print JSON")
    .configureHelp({ showGlobalOptions: true })
    .addHelpText("after", help(name))
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      writeErr: (text) => terminal.note(text.trimEnd()),
      outputError: (text, write) =>
        write(text.replace(/^error: /, `${terminal.paint("red", "ringback:")} `)),
      getOutHelpWidth: () => Math.min(terminal.columns(), HELP_COLUMNS),
      getErrHelpWidth: () => Math.min(terminal.columns(), HELP_COLUMNS),
    })
  const open = openFor(world, name)
  for (const [heading, adds] of groups) {
    program.commandsGroup(heading)
    for (const add of adds) add(program, open)
  }
  program.commandsGroup("Your shell:")
  addCompletion(program, terminal)
  addHints(program, name)
  return program
}

function addHints(command: Command, path: string): void {
  command.showHelpAfterError(`(${path} --help shows help)`)
  for (const each of command.commands) addHints(each, `${path} ${each.name()}`)
}

const HELP_COLUMNS = 100

function openFor({ env, terminal, stopped, confirm }: World, name: string): Open {
  function connect(command: Command) {
    const globals = command.optsWithGlobals<Globals>()
    const settings = readSettings(env, globals.url)
    const isJson = globals.json === true
    return { api: openApi(settings), settings, terminal, isJson, stopped, confirm, name }
  }
  return {
    connect,
    async open(command) {
      const connection = connect(command)
      const { tenant: asked } = command.optsWithGlobals<Globals>()
      const { api, settings } = connection
      return { ...connection, tenant: await chooseTenant(api, settings.key, asked) }
    },
  }
}

const help = (name: string) => `
Settings:
  RINGBACK_KEY       the operator's key or a tenant's; not needed with npm start on this machine
  RINGBACK_URL       the API, default http://127.0.0.1:3000
  RINGBACK_DATA_DIR  data directory of npm start, which has its key; default .ringback
  NO_COLOR           no colours

Exit codes: 0 success; 1 the command failed; 2 the command or a setting is invalid.

First steps:
  ${name} listen                   shows webhooks as they arrive
  ${name} trigger dialing.updated  sends an example event
  ${name} trigger call             plays a whole call`

function version(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8")
  return (JSON.parse(text) as { version: string }).version
}
