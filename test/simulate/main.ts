import { parseArgs } from "node:util"
import { linesOf } from "./report.ts"
import { scenarioNames, scenarios } from "./scenarios/all.ts"

const USAGE = `npm run simulate -- [${scenarioNames.join("] [")}] [--seed N] [--scale N]
  All scenarios by default, with seed 1. --scale 0.1: a tenth of each, for a quick look.
  What is real in it and what is modelled: infra/SCALE.md, which test/simulate/write.ts writes.`

function readArguments() {
  try {
    const { positionals, values } = parseArgs({
      allowPositionals: true,
      options: {
        seed: { type: "string", default: "1" },
        scale: { type: "string", default: "1" },
      },
    })
    const wanted = scenarioNames.filter(
      (name) => positionals.length === 0 || positionals.includes(name),
    )
    const [seed, scale] = [Number(values.seed), Number(values.scale)]
    const isKnown = positionals.every((name) => scenarioNames.some((each) => each === name))
    if (isKnown && Number.isInteger(seed) && scale > 0) return { wanted, seed, scale }
  } catch {
    // An unknown option: said below.
  }
  console.error(USAGE)
  return process.exit(2)
}

const { wanted, seed, scale } = readArguments()
for (const name of wanted) {
  const { title, run } = scenarios[name]
  console.log(linesOf(title, run(seed, scale)).join("\n"))
}
