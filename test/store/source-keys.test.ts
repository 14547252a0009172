import assert from "node:assert/strict"
import { test } from "node:test"
import { makeId } from "@ringback/events/ids"
import * as Source from "@ringback/store/source"
import { MINUTE, START, useTable } from "./table.ts"

const world = useTable({ isLagging: true })

test("a key that took over leaves the older ones their time, and what is over is kept no longer", async () => {
  const { table, tenant } = world
  const { source: made, key: first } = await Source.create(table, tenant, { name: "pbx" })
  const second = (await Source.rotate(table, made, 10 * MINUTE))!
  assert.deepEqual(
    second.source.keys.map(({ keyId, expiresAt }) => [keyId, expiresAt]),
    [
      [second.key.keyId, undefined],
      [first.keyId, START + 10 * MINUTE],
    ],
  )
  assert.deepEqual(Source.keysOf(table, second.source), [second.key, first])
  assert.equal(await Source.rotate(table, made, 0), undefined, "it was changed since")
  world.now += 5 * MINUTE
  // A longer overlap gives nobody more time than was said before.
  const third = (await Source.rotate(table, second.source, 60 * MINUTE))!
  assert.deepEqual(
    third.source.keys.map(({ expiresAt }) => expiresAt),
    [undefined, START + 65 * MINUTE, START + 10 * MINUTE],
  )
  world.now = START + 10 * MINUTE - 1
  assert.deepEqual(Source.keysOf(table, third.source), [third.key, second.key, first])
  world.now += 1
  assert.deepEqual(Source.keysOf(table, third.source), [third.key, second.key])
  const fourth = (await Source.rotate(table, third.source, MINUTE))!
  assert.deepEqual(
    fourth.source.keys.map(({ keyId }) => keyId),
    [fourth.key.keyId, third.key.keyId, second.key.keyId],
  )
})

test("a key that is copied to another source, or to another tenant's, cannot be opened", async () => {
  const { table, tenant } = world
  const { source, key } = await Source.create(table, tenant, { name: "pbx" })
  assert.deepEqual(Source.keysOf(table, source), [key])
  for (const copy of [
    { ...source, id: makeId("src", START) },
    { ...source, tenant: makeId("ten", START) },
  ])
    assert.throws(() => Source.keysOf(table, copy), /unable to authenticate/)
})
