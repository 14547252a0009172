import { availableParallelism, loadavg } from "node:os"
import { parseArgs } from "node:util"
import { benchAmi } from "./ami.bench.ts"
import { benchFlow } from "./flow.ts"

const USAGE = `npm run bench -- [ami] [flow] [--memory]
  ami       reading AMI, and on into the spool, beside two clients of npm
  flow      from the PBX to the receiver; both by default
  --memory  ami reads five million events as well`

const suites: Record<string, (withMemory: boolean) => Promise<string>> = {
  ami: benchAmi,
  flow: benchFlow,
}

function readArguments() {
  try {
    const options = { memory: { type: "boolean", default: false } } as const
    const { positionals, values } = parseArgs({ allowPositionals: true, options })
    const wanted = positionals.length > 0 ? positionals : Object.keys(suites)
    if (wanted.every((name) => name in suites)) return { wanted, ...values }
  } catch {
    // An unknown option: said below.
  }
  console.error(USAGE)
  return process.exit(2)
}

const { wanted, memory } = readArguments()
const machine = `Node ${process.version}, ${availableParallelism()} CPUs`
console.log(`${machine}, load average ${loadavg()[0]!.toFixed(1)} before.\n`)
for (const [name, bench] of Object.entries(suites)) {
  if (!wanted.includes(name)) continue
  process.stderr.write(`Measuring ${name}: a minute or two, then a table.\n`)
  console.log(await bench(memory))
}
process.exit()
