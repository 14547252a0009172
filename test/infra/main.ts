import { spawnSync } from "node:child_process"
import { mkdirSync, readFileSync } from "node:fs"
import { resolve } from "node:path"
import { bundleReport } from "./bundles/report.ts"
import { recordDiff } from "./offline/sst.ts"
import { proofDir, root } from "./offline/paths.ts"
import { stages } from "./offline/stages.ts"
import { installPlatform, installTools, RegistryUnreachable } from "./offline/tools.ts"

const timed = async (what: string, work: () => unknown) => {
  const start = performance.now()
  await work()
  console.log(`infra: ${what} in ${((performance.now() - start) / 1000).toFixed(1)} s`)
}

const run = (args: string[]) => {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" })
  if (status !== 0) process.exit(status ?? 1)
}

mkdirSync(proofDir, { recursive: true })
try {
  await timed("tools fetched", installTools)
  await timed("SST's platform unpacked", installPlatform)
} catch (error) {
  if (!(error instanceof RegistryUnreachable)) throw error
  console.log(`infra: SKIPPED, nothing was evaluated, because no package registry was reached.`)
  console.log(error.message)
  process.exit(0)
}
await timed("types checked against SST's own", () =>
  run(["node_modules/typescript/bin/tsc", "-p", "infra"]),
)
const readTypes = () => readFileSync(resolve(root, "sst-env.d.ts"), "utf8")
const types = readTypes()
for (const [stage, settings] of Object.entries(stages)) {
  await timed(`stage ${stage} evaluated`, () => recordDiff(stage, settings))
}
if (readTypes() !== types) {
  console.error("infra: sst-env.d.ts was out of date and is written anew: commit it")
  process.exit(1)
}
run(["--test", "test/infra/**/*.test.ts"])
for (const line of await bundleReport()) console.log(`infra: bundle ${line}`)
