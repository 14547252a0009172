import { readFileSync } from "node:fs"
import { capacityOf, type Capacity } from "./capacity.ts"
import type { JobCount } from "./counted/count.ts"
import type { Result } from "./result.ts"
import { scenarioNames, type ScenarioName } from "./scenarios/all.ts"

/** All that infra/SCALE.md is computed from. */
export type ScaleData = {
  results: Record<ScenarioName, Result>
  /** Of real runs: test/simulate/counted/count.ts. */
  counted: { erase: JobCount; recover: JobCount }
  capacity: Capacity
}

const read = (path: string): unknown =>
  JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8"))

const SEED = 1

export const readData = (): ScaleData => ({
  results: Object.fromEntries(
    scenarioNames.map((name) => [name, read(`./results/${name}.json`) as Result]),
  ) as Record<ScenarioName, Result>,
  counted: read("./counted/counts.json") as ScaleData["counted"],
  capacity: capacityOf(SEED),
})
