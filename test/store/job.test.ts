import assert from "node:assert/strict"
import { after, before, beforeEach, test } from "node:test"
import * as ApiKey from "@ringback/store/api-key"
import * as Gap from "@ringback/store/gap"
import * as Idempotency from "@ringback/store/idempotency"
import * as Job from "@ringback/store/job"
import * as Lease from "@ringback/store/lease"
import type { Table } from "@ringback/store/table"
import * as Tenant from "@ringback/store/tenant"
import { letReadsLag } from "../harness/lagging.ts"
import { makeClients, startStack, type Stack } from "../harness/stack.ts"
import { makeDeps } from "../harness/system.ts"

// What is asked for once and looked at later: jobs, the answers under an Idempotency-Key, decisions on gaps. Other
// instances ask, so their reads may not lag.

const START = Date.parse("2026-11-22T06:00:00Z")
const HOUR = 3600 * 1000
const DAY = 24 * HOUR
let now = START
let stack: Stack
let table: Table
let lagging: ReturnType<typeof makeClients>
let tenant: string
let count = 0

before(async () => {
  stack = await startStack()
  lagging = makeClients(stack)
  letReadsLag(lagging.dynamodb)
  table = makeDeps(stack, { now: () => now, clients: lagging }).table
})
after(async () => {
  lagging.close()
  await stack.close()
})
beforeEach(() => {
  now = START
  tenant = `ten_${++count}`
})

const range = () => ({
  tenant,
  endpointId: "ep_a",
  since: 1,
  until: 2,
  statuses: ["failed" as const],
})

test("a recovery is found as soon as it is made, and tells when it began and when it was done first", async () => {
  assert.equal(await Job.getAnyJob(table, tenant, "job_1"), undefined)
  const job = await Job.createJob(table, { ...range(), id: "job_1" })
  assert.deepEqual(job, {
    ...range(),
    id: "job_1",
    kind: "recover",
    createdAt: START,
    expiresAt: (START + 30 * DAY) / 1000,
  })
  assert.deepEqual(await Job.getJob(table, tenant, "job_1"), job)
  assert.equal(await Job.getEraseJob(table, tenant, "job_1"), undefined)
  now += 5_000
  await Job.finishJob(table, job)
  now += 5_000
  await Job.finishJob(table, job)
  assert.deepEqual(await Job.getJob(table, tenant, "job_1"), { ...job, finishedAt: START + 5_000 })
  assert.equal(await Job.getJob(table, "ten_other", "job_1"), undefined)
})

test("an erasure is another kind of job, and bears what it has emptied", async () => {
  await Job.createEraseJob(table, { id: "job_2", tenant, contactKeyHash: "hash" })
  const job = await Job.getEraseJob(table, tenant, "job_2")
  assert.deepEqual([job?.kind, job?.contactKeyHash, job?.counts], ["erase", "hash", undefined])
  assert.equal(await Job.getJob(table, tenant, "job_2"), undefined)
  const counts = { events: 1, deliveries: 2, records: 3 }
  await Job.finishJob(table, { tenant, id: "job_2" }, counts)
  const done = await Job.getEraseJob(table, tenant, "job_2")
  assert.deepEqual([done?.finishedAt, done?.counts], [START, counts])
})

test("a job without an id gets one of its own, and is gone when its time is over", async () => {
  const [one, two] = [await Job.createJob(table, range()), await Job.createJob(table, range())]
  assert.match(one.id, /^job_/)
  assert.notEqual(one.id, two.id)
  now += 30 * DAY - 1000
  assert.ok(await Job.getAnyJob(table, tenant, one.id))
  now += 1000
  assert.equal(await Job.getAnyJob(table, tenant, one.id), undefined)
})

test("one recovery of an endpoint has the lease, and each erasure has one of its own", () => {
  const of = (endpointId: string, id: string) => Job.recoverLease({ tenant, endpointId, id })
  assert.deepEqual(of("ep_a", "job_1"), { tenant, kind: "RECOVER", name: "ep_a", owner: "job_1" })
  assert.equal(of("ep_a", "job_1").name, of("ep_a", "job_2").name)
  const erase = (id: string) => Job.eraseLease({ tenant, id })
  assert.deepEqual(erase("job_1"), { tenant, kind: "ERASE", name: "job_1", owner: "job_1" })
})

test("a recovery and an erasure hold their lease for an hour after their last page", async () => {
  for (const [lease, leaseMs] of [
    [Job.recoverLease({ tenant, endpointId: "ep_a", id: "job_1" }), Job.RECOVER_LEASE_MS],
    [Job.eraseLease({ tenant, id: "job_2" }), Job.ERASE_LEASE_MS],
  ] as const) {
    const begun = now
    const take = (owner: string) => Lease.take(table, { ...lease, owner }, { limit: 1, leaseMs })
    assert.equal((await take(lease.owner)).outcome, "taken")
    now += HOUR - 1
    assert.equal((await take("another")).outcome, "busy")
    now += 1
    assert.equal((await take("another")).outcome, "taken")
    assert.equal(now - begun, HOUR)
  }
})

test("nothing is made for a tenant that was deleted a moment ago", async () => {
  const { id } = await Tenant.create(table, { name: "Acme" })
  await Tenant.get(table, id)
  const make = () => ApiKey.create(table, id, { name: "crm", validUntil: null })
  assert.ok(await make())
  await Tenant.remove(table, id)
  await assert.rejects(make(), { name: "CreationRefused" })
  assert.equal((await ApiKey.page(table, id, { limit: 10 })).items.length, 1)
})

test("a key is verified by what it is now, until its time is over, and its use is noted once an hour", async () => {
  const { id } = await Tenant.create(table, { name: "Acme" })
  const { apiKey, text } = await ApiKey.create(table, id, { name: "crm", validUntil: START + HOUR })
  assert.match(text, /^rbk_[0-9a-z]{26}_[0-9a-z]{26}_[\w-]{43}$/)
  const verified = async () => (await ApiKey.verify(table, text))!
  assert.deepEqual([apiKey.scope, apiKey.lastUsedAt], ["full", null])
  assert.equal((await verified()).id, apiKey.id)
  await ApiKey.touch(table, await verified())
  assert.equal((await verified()).lastUsedAt, START)
  now += HOUR - 1
  await ApiKey.touch(table, await verified())
  assert.equal((await verified()).lastUsedAt, START)
  now += 1
  assert.equal(await ApiKey.verify(table, text), undefined)
  const other = await ApiKey.create(table, id, { name: "x", validUntil: null, scope: "read" })
  assert.equal((await ApiKey.verify(table, other.text))?.scope, "read")
  await ApiKey.remove(table, id, other.apiKey.id)
  assert.equal(await ApiKey.verify(table, other.text), undefined)
})

const asked = (fingerprint = "POST /x") => ({ scope: tenant, key: "k", fingerprint })

test("the first who asks under a key has it; who asks meanwhile learns that it runs, and then its answer", async () => {
  assert.deepEqual(await Idempotency.look(table, asked()), { outcome: "free" })
  const first = await Idempotency.claim(table, asked())
  assert.ok(first.outcome === "first")
  assert.deepEqual(await Idempotency.claim(table, asked()), { outcome: "running" })
  assert.deepEqual(await Idempotency.look(table, asked()), { outcome: "running" })
  assert.deepEqual(await Idempotency.claim(table, asked("POST /y")), { outcome: "mismatch" })
  await first.settle("the answer")
  const answered = { outcome: "answered", answer: "the answer" }
  assert.deepEqual(await Idempotency.claim(table, asked()), answered)
  assert.deepEqual(await Idempotency.look(table, asked()), answered)
  assert.deepEqual(await Idempotency.look(table, asked("POST /y")), { outcome: "mismatch" })
  const other = { ...asked(), scope: `${tenant}-other` }
  assert.equal((await Idempotency.claim(table, other)).outcome, "first")
})

test("a first one that died holds the key for a minute, for the same request alone", async () => {
  const dead = await Idempotency.claim(table, asked())
  assert.ok(dead.outcome === "first")
  now += 59_999
  assert.equal((await Idempotency.claim(table, asked())).outcome, "running")
  assert.equal((await Idempotency.look(table, asked())).outcome, "running")
  now += 1
  assert.equal((await Idempotency.look(table, asked())).outcome, "free")
  assert.equal((await Idempotency.claim(table, asked("POST /y"))).outcome, "mismatch")
  const second = await Idempotency.claim(table, asked())
  assert.ok(second.outcome === "first")
  // The one that was so slow has nothing to say any more.
  await dead.settle("late")
  await dead.release()
  assert.equal((await Idempotency.claim(table, asked())).outcome, "running")
  await second.settle("in time")
  assert.deepEqual(await Idempotency.look(table, asked()), {
    outcome: "answered",
    answer: "in time",
  })
})

test("a key that was given back is free at once, and an answer is kept for a day", async () => {
  const first = await Idempotency.claim(table, asked())
  assert.ok(first.outcome === "first")
  await first.release()
  const second = await Idempotency.claim(table, asked("POST /y"))
  assert.ok(second.outcome === "first")
  await second.settle("y")
  now += DAY - 1000
  assert.equal((await Idempotency.claim(table, asked("POST /y"))).outcome, "answered")
  now += 1000
  assert.equal((await Idempotency.look(table, asked("POST /y"))).outcome, "free")
  assert.equal((await Idempotency.claim(table, asked())).outcome, "first")
})

test("a decision on a gap stands, and is known as soon as it is made", async () => {
  assert.equal(await Gap.decision(table, tenant, "g"), undefined)
  await Gap.decide(table, tenant, "g", true, 5)
  await Gap.decide(table, tenant, "g", false, 9)
  assert.deepEqual(await Gap.decision(table, tenant, "g"), { isCovered: true, to: 5 })
  await Gap.decide(table, tenant, "other", false, 7)
  assert.deepEqual(await Gap.decision(table, tenant, "other"), { isCovered: false, to: 7 })
})
