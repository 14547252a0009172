import type { TestContext } from "node:test"
import type { CollectorOptions } from "@ringback/collector/collector"
import { IngestQueue, makeSpoolDir, runCollector } from "../harness/collector.ts"
import { Pbx, type Pair } from "../harness/pbx.ts"

export async function setUp(t: TestContext) {
  const pbx = await Pbx.start({ hasTimestamps: true })
  const queue = await IngestQueue.start()
  const { dir, remove } = makeSpoolDir()
  const started: { stop: () => Promise<void> }[] = []
  t.after(async () => {
    for (const each of started) await each.stop()
    await pbx.close()
    await queue.close()
    remove()
  })
  const run = async (options: Partial<CollectorOptions> = {}) => {
    const collector = await runCollector(pbx, queue, dir, options)
    started.push(collector)
    return collector
  }
  return { pbx, queue, dir, run }
}

export const emitMany = (pbx: Pbx, from: number, to: number, padding = "") => {
  for (let number = from; number < to; number++) {
    pbx.emit("OutCampaignUpdate", [
      ["Uuid", `c-${number}`],
      ["Detail", padding],
    ])
  }
}

export const valueOf = (headers: readonly Pair[], name: string) =>
  headers.find(([each]) => each === name)?.[1]
export const uuidsOf = (queue: IngestQueue) =>
  queue.events.map(({ headers }) => valueOf(headers, "Uuid")!)
export const uuids = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `c-${from + i}`)
export const sorted = (names: Iterable<string>) =>
  [...names].sort((a, b) => Number(a.slice(2)) - Number(b.slice(2)))
