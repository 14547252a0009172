import assert from "node:assert/strict"
import { test } from "node:test"
import { Account, Fleet } from "./aws/fleet.ts"
import { Table } from "./aws/partitions.ts"
import { Agenda } from "./engine/agenda.ts"
import { makeRandom } from "./engine/random.ts"
import { memoryOf } from "./system/memory.ts"
import { makeTenants } from "./system/tenants.ts"

test("an instance that worked before remembers who answers quickly, if it saw enough of them", () => {
  const random = makeRandom(1)
  const [tenant] = makeTenants(new Table(), random, { tenants: 1 })
  const [any] = tenant!.endpoints
  const quick = { ...any!, id: "quick", medianMs: 100 }
  const slow = { ...any!, id: "slow", medianMs: 3_000 }
  const after = (perSecond: number) => {
    const remember = memoryOf([quick, slow], random, { perSecond, instances: 1_000 })
    const { quickRuns } = new Fleet(new Agenda(), new Account(), 0, true, remember).take()!
    return [quick, slow].map(({ id }) => quickRuns.noteSlow(id))
  }
  assert.deepEqual(after(10_000), [false, true])
  // Ninety POSTs to each in its hour.
  assert.deepEqual(after(500), [true, true])
})
