import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { format } from "prettier"
import { spawnEngine } from "@ringback/local/engine-process"
import { root } from "../offline/paths.ts"
import { BATCHES, countCalls, countEvents, countHeartbeat, FULL } from "./count.ts"
import type { Meter } from "./meter.ts"
import { countFailures } from "./failures.ts"
import { costPage, type Counts } from "./page.ts"
import { readStanding } from "./standing.ts"

// Counts anew and writes the page. Needs the recording that `npm run test:infra` leaves. The
// services run in other processes, so that their work is not counted as the functions'.
const dataDir = mkdtempSync(join(tmpdir(), "ringback-cost-"))
const engines = [await spawnEngine("sqs", { dataDir }), await spawnEngine("dynalite", { dataDir })]
process.env["AWS_ENDPOINT_URL_SQS"] = engines[0]!.url
process.env["AWS_ENDPOINT_URL_DYNAMODB"] = engines[1]!.url

const rounded = (meter: Meter) =>
  Object.fromEntries(
    Object.entries(meter).map(([name, value]) => [name, Math.round(value * 100) / 100]),
  ) as Meter

async function byBatch(batches: number[], count: (batch: number) => Promise<Meter>) {
  const counted: Record<string, Meter> = {}
  for (const batch of batches) counted[batch] = rounded(await count(batch))
  return counted
}

const events = (endpoints: number, batches: number[]) =>
  byBatch(batches, (batch) => countEvents(endpoints, { batch }))

const counts: Counts = {
  events: {
    1: await events(1, BATCHES),
    3: await events(3, BATCHES),
    10: await events(10, [FULL]),
  },
  calls: rounded(await countCalls()),
  latest: rounded(await countEvents(1, { settings: { order: "latest" } })),
  heartbeat: await byBatch(BATCHES, countHeartbeat),
  failures: rounded(await countFailures()),
}

const page = costPage(counts, readStanding())
writeFileSync(
  resolve(import.meta.dirname, "counts.json"),
  `${JSON.stringify(counts, undefined, 2)}\n`,
)
writeFileSync(resolve(root, "infra/COST.md"), await format(page, { parser: "markdown" }))
for (const engine of engines) await engine.close()
rmSync(dataDir, { recursive: true })
