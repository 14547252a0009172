import { availableParallelism, loadavg } from "node:os"
import { parseArgs } from "node:util"
import { benchAmi } from "./ami.bench.ts"
import { benchFlow } from "./flow.ts"

const USAGE = `npm run bench -- [ami] [flow] [--memory] [--profile]
  ami       reading AMI, and on into the spool, beside two clients of npm
  flow      from the PBX to the receiver; both by default
  --memory  ami reads five million events as well
  --profile flow tells what the workers' CPU went to; sampling costs a tenth of it`

type Options = { memory: boolean; profile: boolean }

const suites: Record<string, (options: Options) => Promise<string>> = {
  ami: ({ memory }) => benchAmi(memory),
  flow: benchFlow,
}

function readArguments() {
  try {
    const flag = { type: "boolean", default: false } as const
    const options = { memory: flag, profile: flag }
    const { positionals, values } = parseArgs({ allowPositionals: true, options })
    const wanted = positionals.length > 0 ? positionals : Object.keys(suites)
    if (wanted.every((name) => name in suites)) return { wanted, ...values }
  } catch {
    // An unknown option: said below.
  }
  console.error(USAGE)
  return process.exit(2)
}

const { wanted, ...options } = readArguments()
const machine = `Node ${process.version}, ${availableParallelism()} CPUs`
console.log(`${machine}, load average ${loadavg()[0]!.toFixed(1)} before.\n`)
for (const [name, bench] of Object.entries(suites)) {
  if (!wanted.includes(name)) continue
  process.stderr.write(`Measuring ${name}: a minute or two, then a table.\n`)
  console.log(await bench(options))
}
process.exit()
