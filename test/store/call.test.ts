import assert from "node:assert/strict"
import { test } from "node:test"
import type { CallFacts } from "@ringback/events/call"
import * as Call from "@ringback/store/call"
import { getItem } from "@ringback/store/item"
import { callKey } from "@ringback/store/item-keys"
import { makeClients } from "../harness/stack.ts"
import { RETENTION, START, useTable } from "./table.ts"

const world = useTable({ isLagging: true })
const FACTS = { number: "+45", variables: {} } as CallFacts
const REFERENCES = {
  campaign: { uuid: "c", name: "spring" },
  plan: null,
  list: null,
  contact: null,
}
const claim = (message: string) => ({
  message,
  receivedAt: START,
  timestamp: "2026-11-22T06:00:00.000000000Z",
  observedAt: "2026-11-22T06:00:00.000000000Z",
})
const ref = (some: Partial<Call.CallRef> = {}) => ({
  tenant: world.tenant,
  source: "src_a",
  uuid: "u",
  ...some,
})
const note = (some: Partial<Call.Note> = {}) =>
  Call.note(world.table, ref(), {
    version: "1",
    facts: FACTS,
    answeredAt: null,
    references: undefined,
    claims: {},
    ...some,
  })
const get = () => Call.get(world.table, ref())

test("the first to tell a moment of the call has it, whoever comes later and whatever is newer", async () => {
  assert.equal(await get(), undefined)
  assert.deepEqual(await note({ claims: { started: claim("a") } }), {})
  const before = await note({
    version: "2",
    claims: { started: claim("b"), completed: claim("b") },
  })
  assert.deepEqual(before.started, claim("a"))
  assert.equal(before.completed, undefined)
  assert.deepEqual((await get())!.started, claim("a"))
  assert.deepEqual((await get())!.completed, claim("b"))
  const claimed = await Call.claim(world.table, ref(), { answered: claim("c") })
  assert.equal(claimed.answered, undefined)
  const again = await Call.claim(world.table, ref(), { answered: claim("d") })
  assert.deepEqual(again.answered, claim("c"))
})

test("the facts are those of the newest event, in whatever order events are heard", async () => {
  const facts = (number: string) => ({ ...FACTS, number })
  await note({ version: "2", facts: facts("second"), references: REFERENCES })
  const before = await note({
    version: "1",
    facts: facts("first"),
    claims: { started: claim("a") },
  })
  assert.equal(before.version, "2")
  assert.equal((await get())!.facts!.number, "second")
  assert.deepEqual((await get())!.started, claim("a"), "an older one may still claim")
  await note({ version: "2", facts: facts("the same version") })
  assert.equal((await get())!.facts!.number, "second")
  await note({ version: "3", facts: undefined })
  const call = (await get())!
  assert.equal(call.facts!.number, "second", "an event that bears no facts leaves them")
  assert.deepEqual(call.references, REFERENCES)
  await note({ version: "2.5", facts: facts("late") })
  assert.equal((await get())!.facts!.number, "late", "and refuses none that are heard after it")
})

test("a call was answered when the earliest event says so", async () => {
  const at = (second: number) => `2026-11-22T06:00:0${second}.000000000Z`
  assert.equal((await note({ answeredAt: at(5) })).answeredAt, undefined)
  assert.equal((await note({ version: "2", answeredAt: at(7) })).answeredAt, at(5))
  assert.equal((await get())!.answeredAt, at(5))
  assert.equal((await note({ version: "0", answeredAt: at(3) })).answeredAt, at(3))
  assert.equal((await get())!.answeredAt, at(3))
  assert.equal((await note({ version: "3" })).answeredAt, at(3))
})

test("an answer that cannot be corrected is an error, so that the event is processed again", async () => {
  const at = (second: number) => `2026-11-22T06:00:0${second}.000000000Z`
  await note({ answeredAt: at(5) })
  const clients = makeClients(world.stack)
  clients.dynamodb.middlewareStack.add(
    (next) => async (args) => {
      const { UpdateExpression } = args.input as { UpdateExpression?: string }
      if (UpdateExpression === "SET answeredAt = :answeredAt") throw new Error("away")
      return next(args)
    },
    { step: "initialize", name: "away" },
  )
  const late = { version: "3", facts: FACTS, answeredAt: at(3), references: undefined, claims: {} }
  const away = { ...world.table, client: clients.dynamodb }
  await assert.rejects(Call.note(away, ref(), late), /away/)
  clients.close()
})

test("of two that correct the answer at once the earlier stays", async () => {
  const at = (second: number) => `2026-11-22T06:00:0${second}.000000000Z`
  await note({ answeredAt: at(5) })
  const clients = makeClients(world.stack)
  let isFirst = true
  clients.dynamodb.middlewareStack.add(
    (next) => async (args) => {
      const { UpdateExpression } = args.input as { UpdateExpression?: string }
      if (isFirst && UpdateExpression === "SET answeredAt = :answeredAt") {
        isFirst = false
        await note({ version: "2", answeredAt: at(1) })
      }
      return next(args)
    },
    { step: "initialize", name: "between" },
  )
  const late = { version: "3", facts: FACTS, answeredAt: at(3), references: undefined, claims: {} }
  await Call.note({ ...world.table, client: clients.dynamodb }, ref(), late)
  assert.equal(isFirst, false)
  assert.equal((await get())!.answeredAt, at(1))
  clients.close()
})

test("facts of more than 2 KB are kept without their variables", async () => {
  const sized = (bytes: number) => {
    const facts = { ...FACTS, variables: { a: "" } }
    facts.variables.a = "x".repeat(bytes - JSON.stringify(facts).length)
    return facts
  }
  await note({ version: "1", facts: sized(2048) })
  assert.deepEqual((await get())!.facts, sized(2048))
  await note({ version: "2", facts: sized(2049) })
  assert.deepEqual((await get())!.facts, FACTS)
})

test("a test's call, another source's and another tenant's are other calls", async () => {
  await note({ claims: { started: claim("a") } })
  const others = [{ isTest: true }, { source: "src_b" }, { uuid: "v" }, { tenant: "ten_other" }]
  for (const other of others) {
    assert.equal(await Call.get(world.table, ref(other)), undefined)
    const before = await Call.claim(world.table, ref(other), { started: claim("b") })
    assert.equal(before.started, undefined)
  }
  assert.deepEqual((await get())!.started, claim("a"))
  const item = await getItem(world.table, callKey(world.tenant, "src_a", "u"), { consistent: true })
  assert.equal(item!["expiresAt"], (START + RETENTION) / 1000)
})
