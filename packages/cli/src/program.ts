import { readFileSync } from "node:fs"
import { Command, CommanderError } from "commander"
import { openApi } from "./api.ts"
import { chooseTenant } from "./choose.ts"
import { addDeliveries } from "./deliveries.ts"
import { addEvents } from "./events.ts"
import { Failure } from "./failure.ts"
import { addListen } from "./listen.ts"
import { addReplay, addRetry } from "./resend.ts"
import type { Session } from "./session.ts"
import { readSettings } from "./settings.ts"
import { plain, type Terminal } from "./terminal.ts"
import { addTrigger } from "./trigger.ts"

export type World = {
  env: NodeJS.ProcessEnv
  terminal: Terminal
  /** Aborted when the person wants to stop. */
  stopped: AbortSignal
}

type Globals = { url?: string; tenant?: string; json?: boolean }

/** Runs one command line and answers its exit code. */
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
  // What was typed to come here, so that hints can be copied: a checkout puts no `ringback` on the PATH.
  const name = env["npm_lifecycle_event"] === "cli" ? "npm run cli --" : "ringback"
  const program = new Command(name)
    .description("Listen to, trigger, look up and send again the webhooks of a Ringback.")
    .version(version(), "-V, --version", "say the version")
    .helpOption("-h, --help", "say what can be asked")
    .helpCommand(false)
    .option("--url <url>", "the API (RINGBACK_URL; else the one that npm start runs here)")
    .option("--tenant <id or name>", "whose (default: the key's, the only one, or demo)")
    .option("--json", "write JSON, for programs")
    .addHelpText("after", help(name))
    .showHelpAfterError(`(${name} --help says what can be asked)`)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      writeErr: (text) => terminal.note(text.trimEnd()),
    })
  const open = async (command: Command): Promise<Session> => {
    const globals = command.optsWithGlobals<Globals>()
    const settings = readSettings(env, globals.url)
    const api = openApi(settings)
    const tenant = await chooseTenant(api, settings.key, globals.tenant)
    return {
      api,
      tenant,
      settings,
      terminal,
      isJson: globals.json === true,
      stopped: world.stopped,
    }
  }
  for (const add of [addListen, addTrigger, addEvents, addDeliveries, addRetry, addReplay]) {
    add(program, open)
  }
  return program
}

const help = (name: string) => `
Settings:
  RINGBACK_KEY       the operator's key or a tenant's; not needed beside npm start
  RINGBACK_URL       the API, default http://127.0.0.1:3000
  RINGBACK_DATA_DIR  where npm start keeps its key, default .ringback
  NO_COLOR           no colours

Begin with:
  ${name} listen                   shows webhooks as they arrive
  ${name} trigger dialing.updated  sends an example event`

function version(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8")
  return (JSON.parse(text) as { version: string }).version
}
