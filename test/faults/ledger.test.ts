import assert from "node:assert/strict"
import { availableParallelism } from "node:os"
import { test } from "node:test"
import { runFleet } from "../prove/fleet.ts"
import { addDone, formatTotal, makeTotal } from "../prove/total.ts"
import { makeTasks, workerFile } from "../prove/tasks.ts"
import type { Done, Task } from "../prove/worker.ts"

const HISTORIES = 300
const EVENTS = 2_500

test("the ledger balances over 300 histories of crashes, lost answers, duplicates and bad receivers", async (t) => {
  const total = makeTotal()
  const workers = Math.min(4, availableParallelism())
  const tasks = makeTasks(HISTORIES, EVENTS, 1)
  await runFleet<Task, Done>(workerFile, tasks, workers, (done) => addDone(total, done))
  t.diagnostic(formatTotal(total))
  const failures = total.failures.map(({ seed, events, problems }) => ({ seed, events, problems }))
  assert.deepEqual(failures, [])
  assert.ok(total.histories >= HISTORIES && total.events >= EVENTS)
  // A suite that injects nothing proves nothing.
  const kinds = [
    "crash before a call",
    "crash after a call",
    "unsent",
    "lost",
    "partial",
    "throttled",
    "lost, retried by the SDK",
    "unsent, retried by the SDK",
    "handed out twice at once",
    "handed out late once more",
    "deletion lost",
    "received by nobody",
    "function failed",
  ]
  for (const kind of kinds) assert.ok(total.faults[kind]! >= 10, `${kind}: ${total.faults[kind]}`)
  for (const status of ["delivered", "failed", "held", "discarded"])
    assert.ok(total.byStatus[status]! > 0, `none ${status}`)
  assert.ok(total.superseded > 0, "none superseded")
})
