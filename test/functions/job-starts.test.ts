import assert from "node:assert/strict"
import { after, before, beforeEach, test } from "node:test"
import { DeleteMessageCommand, ReceiveMessageCommand } from "@aws-sdk/client-sqs"
import type { SQSEvent } from "aws-lambda"
import { startJob } from "@ringback/functions/api/enqueue"
import { jobsHandler } from "@ringback/functions/jobs"
import { makeShares } from "@ringback/functions/jobs/shares"
import { formatJob, parseJob, type Job } from "@ringback/functions/messages/job"
import * as JobStart from "@ringback/store/job-start"
import { startApi, type TestApi } from "../api/api.ts"
import { startWorld, type World } from "../harness/world.ts"

// Jobs that requests start: what a tenant may cause by asking again and again, and what others notice of it.

const MINUTE = 60_000
let world: World
let api: TestApi
const logged: string[] = []
before(async () => {
  world = await startWorld({ log: (event) => void logged.push(event) })
  api = await startApi({ stack: world.stack, now: Date.now })
})
after(() => world.close())
beforeEach(async () => {
  await world.begin()
  logged.length = 0
})

/** Takes the jobs out of their queue that are due now. */
async function takeJobs(): Promise<Job[]> {
  const QueueUrl = world.stack.queues.Jobs.url
  const jobs: Job[] = []
  for (;;) {
    const receive = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 })
    const { Messages = [] } = await world.stack.sqs.send(receive)
    if (Messages.length === 0) return jobs
    for (const { Body, ReceiptHandle } of Messages) {
      jobs.push(parseJob(Body!))
      await world.stack.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
    }
  }
}

const handle = (handler: ReturnType<typeof jobsHandler>, job: Job, leftMs = 60_000) => {
  const record = { messageId: "m", body: formatJob(job).body, attributes: {} }
  return handler({ Records: [record] } as unknown as SQSEvent, {
    getRemainingTimeInMillis: () => leftMs,
  })
}
const own = () => `/v1/tenants/${world.customer.tenant}`

test("a source that is deleted again and again is erased once, until its erasure has not been seen for long", async () => {
  const route = `DELETE ${own()}/sources/${world.customer.source.source.id}`
  assert.equal((await api.call(route)).status, 204)
  for (let count = 0; count < 20; count++) assert.equal((await api.call(route)).status, 404)
  const [first, ...others] = await takeJobs()
  assert.deepEqual([first?.kind, others.length], ["erase", 0])
  // Each turn shows that it runs: the first one now, the next one after some time.
  world.advance(10 * MINUTE)
  await handle(jobsHandler(world.deps), first!)
  world.advance(10 * MINUTE)
  assert.equal((await api.call(route)).status, 404)
  const again = await takeJobs()
  assert.deepEqual(
    again.map((job) => "place" in job && job.place !== undefined),
    [true],
    "its own next page alone",
  )
  world.advance(5 * MINUTE)
  assert.equal((await api.call(route)).status, 404)
  const restarted = await takeJobs()
  assert.deepEqual(
    restarted.map((job) => [job.kind, "start" in job && job.start, "place" in job]),
    [["erase", 2, false]],
  )
})

test("an erasure that was seen at a time to come, by a clock that was set back since, is begun again", async () => {
  const source = world.customer.source.source.id
  const { tenant } = world.customer
  const target = { tenant, kind: "erase", id: source } as const
  world.advance(5_000)
  await JobStart.note(world.deps.table, target, 1)
  world.advance(-5_000)
  const early = { ...api.deps, table: { ...api.deps.table, now: world.now } }
  await startJob(early, { kind: "erase", tenant, sourceId: source })
  assert.deepEqual(
    (await takeJobs()).map((job) => "start" in job && job.start),
    [2],
  )
  // Seen at this very moment, it runs.
  await startJob(early, { kind: "erase", tenant, sourceId: source })
  assert.deepEqual(await takeJobs(), [])
})

test("of a tenant that was erased no start of its erasure is left", async () => {
  const { tenant } = world.customer
  const target = { tenant, kind: "erase", id: tenant } as const
  await JobStart.note(world.deps.table, target, 1)
  // Its last turn finds that all places were walked through.
  const place = { rest: { open: [], from: 10_000 } }
  await handle(jobsHandler(world.deps), { v: 1, kind: "erase", tenant, start: 1, place })
  assert.deepEqual(await takeJobs(), [])
  assert.equal(await JobStart.latest(world.deps.table, target), undefined)
})

test("of a rate limit that is changed again and again only the last job spreads deliveries", async () => {
  const { id } = await world.addEndpoint({ rateLimit: 1 })
  const change = async (body: object) =>
    assert.equal((await api.call(`PATCH ${own()}/endpoints/${id}`, { body })).status, 200)
  for (const rateLimit of [2, 3, 4]) await change({ rateLimit })
  await change({ disabled: true })
  const jobs = await takeJobs()
  const startOf = (job: Job) => `${job.kind} ${"start" in job && job.start}`
  assert.deepEqual(jobs.map(startOf).sort(), ["hold 1", "spread 1", "spread 2", "spread 3"])
  const handler = jobsHandler(world.deps)
  const outcome = async (job: Job) => {
    logged.length = 0
    await handle(handler, job)
    return logged.at(-1)
  }
  for (const job of jobs) {
    const isLast = job.kind === "hold" || (job.kind === "spread" && job.start === 3)
    assert.equal(await outcome(job), isLast ? "job.page" : "job.replaced")
  }
  // A worker's job has no number, and is never replaced.
  const tenant = world.customer.tenant
  assert.equal(await outcome({ v: 1, kind: "spread", tenant, endpointId: id }), "job.page")
})

test("two that start at the same time both run, and the next one replaces both", async () => {
  const { table } = world.deps
  const target = { tenant: world.customer.tenant, kind: "spread", id: "ep_a" } as const
  assert.equal(await JobStart.latest(table, target), undefined)
  await JobStart.note(table, target, 1)
  world.advance(1_000)
  await JobStart.note(table, target, 1)
  assert.deepEqual(await JobStart.latest(table, target), { number: 1, at: world.now() })
  await JobStart.note(table, target, 2)
  world.advance(1_000)
  await JobStart.note(table, target, 1)
  assert.deepEqual(await JobStart.latest(table, target), { number: 2, at: world.now() - 1_000 })
  await JobStart.forget(table, target.tenant, target.id)
  assert.equal(await JobStart.latest(table, target), undefined)
})

test("a tenant has two running jobs in a process, and a third that waited; a further one is put off, ever longer, and others' run", async () => {
  const { tenant } = world.customer
  const job = (sourceId: string, of = tenant): Job => ({
    v: 1,
    kind: "erase",
    tenant: of,
    sourceId,
  })
  const handler = jobsHandler(world.deps)
  const put = { ...job("src_d"), putOff: 7 }
  const short: Job = { v: 1, kind: "spread", tenant, endpointId: "ep_a", putOff: 9 }
  const waited = { ...job("src_f"), putOff: 1 }
  const running = [job("src_a"), job("src_b"), waited, job("src_e", "ten_other")]
  const answers = await Promise.all(
    [...running, job("src_c"), put, short].map((each) => handle(handler, each)),
  )
  assert.ok(answers.every(({ batchItemFailures }) => batchItemFailures.length === 0))
  assert.equal(logged.filter((event) => event === "job.page").length, running.length)
  const putOff = async () => (await takeJobs()).filter((each) => "putOff" in each)
  assert.deepEqual(await putOff(), [])
  world.advance(2_000)
  const first = await putOff()
  assert.deepEqual(
    first.filter(({ kind }) => kind === "erase"),
    [{ ...job("src_c"), putOff: 1 }],
  )
  assert.deepEqual(
    first.filter(({ kind }) => kind === "spread"),
    [],
  )
  world.advance(14_000)
  const second = (await putOff()).filter(({ kind }) => kind === "spread")
  assert.deepEqual(second, [{ ...short, putOff: 10 }])
  world.advance(14_000)
  assert.deepEqual(await putOff(), [])
  world.advance(30_000)
  assert.deepEqual(await putOff(), [{ ...put, putOff: 8 }])
})

test("what a later request has replaced ends at once, also while its tenant has enough running jobs", async () => {
  const { tenant } = world.customer
  const target = { tenant, kind: "spread", id: "ep_a" } as const
  await JobStart.note(world.deps.table, target, 2)
  const spread: Job = { v: 1, kind: "spread", tenant, endpointId: "ep_a", start: 1 }
  const erase = (sourceId: string): Job => ({ v: 1, kind: "erase", tenant, sourceId })
  const handler = jobsHandler(world.deps)
  await Promise.all([erase("src_a"), erase("src_b"), spread].map((each) => handle(handler, each)))
  assert.deepEqual(logged.toSorted(), ["job.page", "job.page", "job.replaced"])
})

test("what was put off is counted anew once it has run", async () => {
  const { id } = await world.addEndpoint({ url: null, pull: true, disabled: true })
  const { tenant } = world.customer
  await handle(jobsHandler(world.deps), { v: 1, kind: "hold", tenant, endpointId: id, putOff: 3 })
  world.advance(2 * MINUTE)
  const next = (await takeJobs()).find(({ kind }) => kind === "hold")
  assert.ok(next?.kind === "hold" && next.place?.isSecond)
  assert.equal(next.putOff, undefined)
})

test("a share is free again when its work has ended", () => {
  const shares = makeShares(2)
  const first = shares.begin("a", false)
  const second = shares.begin("a", false)
  assert.ok(first && second)
  assert.equal(shares.begin("a", false), undefined)
  const other = shares.begin("b", false)
  assert.ok(other)
  first()
  const third = shares.begin("a", false)
  assert.ok(third)
  assert.equal(shares.begin("a", false), undefined)
  for (const end of [second, third, other]) end()
  assert.ok(shares.begin("a", false) && shares.begin("a", false) && !shares.begin("a", false))
})

test("work that begins again at once gives its place to work that has waited", () => {
  const shares = makeShares(2)
  const [first, second] = [shares.begin("a", false), shares.begin("a", false)]
  assert.ok(first && second)
  const waited = shares.begin("a", true)
  assert.ok(waited)
  assert.equal(shares.begin("a", true), undefined)
  first()
  assert.equal(shares.begin("a", false), undefined, "its next turn")
  assert.ok(shares.begin("a", true), "another that has waited")
})
