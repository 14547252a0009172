import assert from "node:assert/strict"
import { test } from "node:test"
import * as Health from "@ringback/store/health"
import { endWake, isWaking, takeStep, WAKE_LEASE_MS } from "@ringback/store/wake-position"
import { START, useTable } from "./table.ts"

const world = useTable()
const take = (step: number | undefined, at = world.now) =>
  takeStep(world.table, world.tenant, "ep_1", { step, rate: 5, at })
const health = async () =>
  (await Health.get(world.table, world.tenant, "ep_1", { consistent: true }))!

test("of two jobs one wakes an endpoint, step by step, until it ends or is taken for dead", async () => {
  assert.equal(await take(undefined), START)
  assert.equal(isWaking(await health(), START), true)
  assert.equal(await take(undefined), undefined, "another is at work")
  assert.equal(await take(START - 1), undefined, "a step of no job")
  assert.equal(await take(START, START + 0.5), START + 1)
  assert.equal(await take(START), undefined, "another copy of the message")
  const { until } = (await health()).wake!
  assert.equal(until, START + 1 + WAKE_LEASE_MS)
  assert.equal(isWaking(await health(), until - 1), true)
  assert.equal(isWaking(await health(), until), false)
  world.now = until - 1
  assert.equal(await take(undefined), undefined)
  world.now = until
  assert.equal(await take(undefined), until)
  await endWake(world.table, world.tenant, "ep_1", START + 1)
  assert.equal(isWaking(await health(), until), true, "the dead job's word ends nothing")
  await endWake(world.table, world.tenant, "ep_1", until)
  assert.equal(isWaking(await health(), until), false)
  assert.equal(await take(undefined), until)
})
