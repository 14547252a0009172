import assert from "node:assert/strict"
import { test } from "node:test"
import { Job } from "@ringback/functions/messages/job"
import { findDynoxide } from "@ringback/local/dynoxide-engine"
import { startApi } from "./api/api.ts"
import { askTwice, walkApi } from "./api/walk.ts"
import { recordedClients } from "./harness/recorded.ts"
import { unequalCalls, writeSeenCalls } from "./infra/calls.ts"
// Goes every path of every function and notes what is asked of AWS there. test/infra holds the functions' roles to it. The
// calls are noted in one process, so its paths are modules of this one test, taken in this order.
import { seen, world } from "./calls/recorded.ts"
import "./calls/ingest.ts"
import "./calls/deliver.ts"
import "./calls/jobs.ts"

test("AdminApi: every operation of the document", async () => {
  const clients = recordedClients(world.stack, seen, "AdminApi")
  const api = await startApi({ stack: world.stack, now: Date.now, clients })
  await askTwice(api)
  await walkApi(api, world)
  clients.close()
})

test("every kind of job was done", () => {
  const kinds = Job.options.map(({ entries }) => entries.kind.literal)
  const pages = world.logged.filter(({ event }) => event === "job.page")
  const done = new Set(pages.map(({ fields }) => fields["kind"]))
  // A notice and a call's end have no pages: they arrived, above.
  assert.deepEqual(done.union(new Set(["notify", "call"])), new Set(kinds))
})

// PartiQL's, as on AWS, which dynalite does not have.
const skip = findDynoxide() ? false : "dynoxide does not run on this platform"

test("test/infra/calls.json is what was seen", { skip }, async () => {
  if (process.env["RINGBACK_WRITE_CALLS"] === "1") await writeSeenCalls(seen)
  const faults = unequalCalls(seen)
  const advice = "If this is meant: RINGBACK_WRITE_CALLS=1 node --test test/calls.test.ts"
  assert.deepEqual(faults, [], [...faults, advice].join("\n"))
})
