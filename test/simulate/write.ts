import { writeFileSync } from "node:fs"
import { resolve } from "node:path"
import { format } from "prettier"
import { root } from "../infra/offline/paths.ts"
import { scalePage } from "./page.ts"
import { readData } from "./data.ts"
import { scenarioNames, scenarios } from "./scenarios/all.ts"

// Runs the scenarios that are named, all by default, and writes infra/SCALE.md anew. `--page`: only the page.

const names = process.argv.slice(2)
const SEED = 1
for (const name of scenarioNames) {
  if (names.length > 0 && !names.includes(name)) continue
  const result = scenarios[name].run(SEED)
  writeFileSync(
    new URL(`./results/${name}.json`, import.meta.url),
    `${JSON.stringify(result, undefined, 2)}\n`,
  )
}
const page = await format(scalePage(readData()), { parser: "markdown" })
writeFileSync(resolve(root, "infra/SCALE.md"), page)
