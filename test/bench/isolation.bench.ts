import { once } from "node:events"
import { createServer, type AddressInfo, type Socket } from "node:net"
import { loadavg } from "node:os"
import { setTimeout as wait } from "node:timers/promises"
import { between, type Usage } from "./child.ts"
import { setUp } from "./setup.ts"
import { arrived, sayEvent, takeLatencies } from "./stopwatch.ts"

// Does an endpoint that never answers slow the one beside it? Both want every event of a steady stream; the healthy one's
// latency, from the PBX's socket to the receiver's, is taken alone first, and then beside the one that hangs. What the
// machine does for it is counted too: the counts hold on a busy machine, where the times do not.

const PER_SECOND = Number(process.env["BENCH_RATE"] ?? 20)
const SECONDS = Number(process.env["BENCH_SECONDS"] ?? 40)
const WARM_UP_SECONDS = 5

/** Accepts connections and requests, and never says a word. */
async function startHanging() {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => socket.destroy()).on("data", () => {}))
  })
  await once(server.listen(0, "127.0.0.1"), "listening")
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    connections: () => sockets.size,
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

const percentile = (all: number[], share: number) =>
  all.toSorted((a, b) => a - b)[Math.min(all.length - 1, Math.floor(all.length * share))]!

const loadBefore = loadavg()[0]!
const bench = await setUp(arrived)
const hanging = await startHanging()

const counted = ["workers", "sqs", "dynamodb"] as const

const look = async () =>
  Object.fromEntries(
    await Promise.all(counted.map(async (role) => [role, await bench.children[role].usage()])),
  ) as Record<(typeof counted)[number], Usage>

/** Calls that write, without those that were refused, are a flush of the disk each. */
async function sayCounts(before: Awaited<ReturnType<typeof look>>, events: number) {
  const after = await look()
  const [workers, sqs, dynamodb] = counted.map((role) => between(before[role], after[role]))
  const sum = (counts: Record<string, number>, isMeant: (name: string) => boolean) =>
    Object.entries(counts).reduce((all, [name, count]) => all + (isMeant(name) ? count : 0), 0)
  const writes = sum(workers!.counts, (name) => /^DynamoDB (Put|Update|Exec|Batch|Dele)/.test(name))
  const reads = sum(workers!.counts, (name) => /^DynamoDB (Get|Query)/.test(name))
  const requests = sum(sqs!.counts, () => true)
  const cpu = [workers!, sqs!, dynamodb!].map(({ cpuMs }) => (cpuMs / events).toFixed(2))
  const perEvent = (count: number) => (count / events).toFixed(2)
  console.log(
    `  an event: ${perEvent(writes)} writes, ${perEvent(reads)} reads, ${perEvent(requests)} SQS requests; ` +
      `CPU ms of workers, SQS, DynamoDB: ${cpu.join(", ")}`,
  )
}

async function measure(what: string, seconds: number) {
  const before = await look()
  const startedAt = performance.now()
  for (let said = 0; said < PER_SECOND * seconds; said++) {
    await wait(Math.max(0, startedAt + (said * 1000) / PER_SECOND - performance.now()))
    sayEvent(bench)
  }
  const latenciesMs = await takeLatencies()
  const [p50, p99] = [percentile(latenciesMs, 0.5), percentile(latenciesMs, 0.99)]
  console.log(
    `${what.padEnd(46)} p50 ${p50.toFixed(0)} ms  p99 ${p99.toFixed(0)} ms  (${latenciesMs.length} events)`,
  )
  await sayCounts(before, latenciesMs.length)
  return { p50, p99 }
}

try {
  console.log(`${PER_SECOND} events/s, load average ${loadBefore.toFixed(1)} before`)
  await measure("warm-up", WARM_UP_SECONDS)
  const alone = await measure("healthy endpoint alone", SECONDS)
  await bench.addEndpoint(hanging.url)
  const beside = await measure("beside one that hangs, from its first event on", SECONDS)
  const later = await measure("beside one that hangs, later", SECONDS)
  console.log(
    `p99 beside / alone: ${(beside.p99 / alone.p99).toFixed(2)} at first, ${(later.p99 / alone.p99).toFixed(2)} later`,
  )
  console.log(`connections that the hanging endpoint got: ${hanging.connections()}`)
} finally {
  hanging.close()
  await bench.close()
}
process.exit(0)
