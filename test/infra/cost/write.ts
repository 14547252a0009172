import { writeFileSync } from "node:fs"
import { resolve } from "node:path"
import { format } from "prettier"
import { root } from "../offline/paths.ts"
import { countCalls, countEvents, countHeartbeat } from "./count.ts"
import type { Meter } from "./meter.ts"
import { costPage, type Counts } from "./page.ts"
import { readStanding } from "./standing.ts"

// Counts anew and writes the page. Needs the recording that `npm run test:infra` leaves.
const rounded = (meter: Meter) =>
  Object.fromEntries(
    Object.entries(meter).map(([name, value]) => [name, Math.round(value * 100) / 100]),
  ) as Meter

const counts: Counts = {
  events: {},
  calls: rounded(await countCalls()),
  latest: rounded(await countEvents(1, { order: "latest" })),
  heartbeat: rounded(await countHeartbeat()),
}
for (const endpoints of [1, 3, 10]) {
  counts.events[endpoints] = rounded(await countEvents(endpoints))
}

const page = costPage(counts, readStanding())
writeFileSync(
  resolve(import.meta.dirname, "counts.json"),
  `${JSON.stringify(counts, undefined, 2)}\n`,
)
writeFileSync(resolve(root, "infra/COST.md"), await format(page, { parser: "markdown" }))
