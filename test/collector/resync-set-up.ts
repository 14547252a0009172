import type { TestContext } from "node:test"
import type { CollectorOptions } from "@ringback/collector/collector"
import { IngestQueue, makeSpoolDir, runCollector } from "../harness/collector.ts"
import { type Pair, Pbx, type PbxOptions } from "../harness/pbx.ts"
import { until } from "../harness/until.ts"

export async function setUp(t: TestContext, pbxOptions: PbxOptions = { canList: true }) {
  const pbx = await Pbx.start(pbxOptions)
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
    const collector = await runCollector(pbx, queue, dir, { confirmMs: 50, ...options })
    started.push(collector)
    await collector.ready
    return collector
  }
  return { pbx, queue, run }
}

export const valueOf = (headers: readonly Pair[], name: string) =>
  headers.find(([each]) => each === name)?.[1]

export const synthetic = (queue: IngestQueue) => queue.events.filter((event) => event.synthetic)
export const wordsOf = (queue: IngestQueue) =>
  synthetic(queue)
    .map(({ headers }) => `${headers[0]![1]} ${valueOf(headers, "Uuid")}`)
    .sort()

/** Of those that gaps are judged by: of dial list rows there is no whole list. */
export const listsAsked = (pbx: Pbx) =>
  pbx.actions.filter((name) => name.endsWith("Show") && name !== "OutDlListShow").length

/** All that is inferred of a gap is in the queue when its report is. */
export const gapCount = (queue: IngestQueue, count: number) =>
  until(async () => (await queue.read()).gaps.length === count)
