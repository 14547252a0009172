import assert from "node:assert/strict"
import { after, before, beforeEach, test } from "node:test"
import pMap from "p-map"
import { listChanges } from "@ringback/store/changes"
import * as Erasure from "@ringback/store/erasure"
import { getItem, putItem } from "@ringback/store/item"
import { createEraseJob, getEraseJob, makeJobId } from "@ringback/store/job"
import { linkedCountKey } from "@ringback/store/item-keys"
import { sendOne } from "@ringback/functions/messages/send"
import { formatJob } from "@ringback/functions/messages/job"
import type { Pair } from "../events/capture.ts"
import { countedClients, total, type Counts } from "../harness/counted.ts"
import { makeDeps, pump } from "../harness/system.ts"
import { startWorld, type World } from "../harness/world.ts"
import { meteredClients, newMeter } from "../infra/cost/meter.ts"
import { kept, person, stamp } from "./person.ts"

let world: World
before(async () => void (world = await startWorld()))
after(() => world.close())
beforeEach(() => world.begin())

const table = () => world.deps.table
const tenant = () => world.customer.tenant
const hashOfUuid = (uuid: string) => Erasure.hashOfName("uuid", uuid)
const announced = async () =>
  (await listChanges(table(), 0)).filter((each) => each.tenant === tenant()).length
const counterKey = () => linkedCountKey(tenant(), Erasure.dayOf(table()))

/** A call that names a row of a dial list, and what was said in it. */
const dialing = (uuid: string, row: string | undefined, second = 1): Pair[] => [
  ["Event", "OutDialingUpdate"],
  ["Uuid", uuid],
  ...(row === undefined ? [] : [["DlListUuid", row] as Pair]),
  ["DialAddr", "number of Adalbert"],
  ["TmUpdate", stamp(second)],
]

/** The row's erasure, known to the worker. */
async function eraseRow(row: string) {
  await Erasure.remember(table(), tenant(), hashOfUuid(row))
  world.advance(11_000)
}

/** One worker with a cache of its own, whose requests are counted. */
function startWorker() {
  const counts: Counts = {}
  const clients = countedClients(world.stack, counts, "worker")
  const deps = makeDeps(world.stack, { now: world.now, clients })
  const count = (commands: RegExp) => total(counts, "dynamodb", commands)
  async function ingest(events: Pair[][]) {
    for (let at = 0; at < events.length; at += 10) {
      for (const headers of events.slice(at, at + 10)) await world.say(headers)
      await pump(world.stack, deps, "Ingest")
    }
  }
  return { ingest, count, close: () => clients.close() }
}

/** The job that erases a person by the key of her row. */
async function forget({ key }: ReturnType<typeof person>) {
  const job = {
    id: makeJobId(table()),
    tenant: tenant(),
    contactKeyHash: Erasure.hashOfName("contactKey", key),
  }
  await createEraseJob(table(), job)
  const { body } = formatJob({ v: 1, kind: "forget", tenant: tenant(), jobId: job.id })
  await sendOne(world.stack.sqs, world.stack.queues.Jobs.url, { body, groupId: tenant() })
  for (let round = 0; round < 12; round++) {
    await world.pump()
    world.advance(15_000)
  }
  assert.notEqual((await getEraseJob(table(), tenant(), job.id))!.finishedAt, undefined)
}

test("calls that name an erased row announce nothing, and cost one read each", async (t) => {
  const worker = startWorker()
  t.after(worker.close)
  await eraseRow("X")
  await worker.ingest([dialing("first", "X")])
  const [announcements, reads] = [await announced(), worker.count(/Get|Query/)]
  await worker.ingest(Array.from({ length: 30 }, (_, call) => dialing(`call-${call}`, "X")))
  assert.doesNotMatch(await kept(world), /Adalbert/)
  assert.equal(await announced(), announcements)
  assert.equal(worker.count(/Get|Query/) - reads, 30)
  // And each of them is erased from then on.
  await worker.ingest([dialing("call-7", undefined, 2)])
  assert.doesNotMatch(await kept(world), /Adalbert/)
})

test("beyond a thousand linked calls a day, events that name the call alone are not erased", async (t) => {
  const worker = startWorker()
  t.after(worker.close)
  await eraseRow("X")
  await worker.ingest([dialing("first", "X")])
  const counter = (await getItem(table(), counterKey()))!
  await putItem(table(), { ...counterKey(), ...counter, count: 999 })
  await worker.ingest([dialing("last", "X")])
  await worker.ingest([dialing("beyond", "X")])
  await worker.ingest([dialing("last", undefined, 2)])
  assert.doesNotMatch(await kept(world), /Adalbert/)
  // Once it is known, nothing more is written than the event's claim.
  const writes = worker.count(/Put|Update/)
  await worker.ingest(Array.from({ length: 10 }, (_, call) => dialing(`beyond-${call}`, "X")))
  assert.equal(worker.count(/Put|Update/) - writes, 10)
  assert.doesNotMatch(await kept(world), /Adalbert/)
  await worker.ingest([dialing("beyond", undefined, 2)])
  assert.match(await kept(world), /Adalbert/)
  // The next day has a count of its own.
  world.advance(24 * 3_600_000)
  await worker.ingest([dialing("tomorrow", "X", 3)])
  assert.equal((await getItem(table(), counterKey()))!["count"], 1)
})

test("with very many erasures an event costs no more, and a person is erased with her calls", async (t) => {
  const hashes = Array.from({ length: 1000 }, (_, index) => hashOfUuid(`other-${index}`))
  await pMap(hashes, (hash) => Erasure.addAnother(table(), tenant(), hash), { concurrency: 25 })
  await eraseRow("X")
  const meter = newMeter()
  const clients = meteredClients(world.stack, meter)
  t.after(() => clients.close())
  const deps = makeDeps(world.stack, { now: world.now, clients })
  await world.addEndpoint({ eventTypes: ["*"] })
  await world.say(dialing("one", "Y"))
  await pump(world.stack, deps, "Ingest")
  // The source, the endpoints, whether there are erasures, and a half for each of the two Uuids.
  assert.ok(meter.readUnits <= 4, `${meter.readUnits} read units`)

  const ada = person("Adalbert")
  const events = [ada.events[0]!, ada.events[2]!, ada.events[4]!, ada.events[5]!]
  for (const headers of events) await world.say(headers)
  await world.pump()
  await forget(ada)
  assert.doesNotMatch(await kept(world), /key of Adalbert|dialing of Adalbert/)
})

test("a first erasure, which the job finds by a key, is announced to workers that know of none", async () => {
  await world.addEndpoint({ eventTypes: ["*"] })
  const ada = person("Adalbert")
  for (const headers of ada.events) await world.say(headers)
  await world.pump()
  const before = await announced()
  await forget(ada)
  // The row and its call: only the first one is announced.
  assert.equal(await announced(), before + 1)
  await world.say(ada.dialingEvent("Update", 6, 4, 59))
  await world.say(ada.rowEvent("Update"))
  await world.pump()
  assert.doesNotMatch(await kept(world), /Adalbert/)
})
