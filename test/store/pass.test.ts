import assert from "node:assert/strict"
import { test } from "node:test"
import * as ApiKey from "@ringback/store/api-key"
import { getItem } from "@ringback/store/item"
import { passKey } from "@ringback/store/item-keys"
import * as Pass from "@ringback/store/portal-pass"
import * as Tenant from "@ringback/store/tenant"
import { DAY, MINUTE, START, useTable } from "./table.ts"

// Keys to the API, portal links and sessions: what opens, what it opens, and for how long. A revoked one opens nothing, so
// these reads may not lag.

const HOUR = 60 * MINUTE
const world = useTable({ isLagging: true })
const makeKey = (settings: Partial<Parameters<typeof ApiKey.create>[2]> = {}) =>
  ApiKey.create(world.table, world.tenant, { name: "crm", validUntil: null, ...settings })

test("a key's text opens its own key until it is removed", async () => {
  const { apiKey, text } = await makeKey()
  const { id, secretHash } = apiKey
  assert.deepEqual(apiKey, {
    id,
    tenant: world.tenant,
    name: "crm",
    scope: "full",
    secretHash,
    createdAt: START,
    validUntil: null,
    lastUsedAt: null,
  })
  assert.match(id, /^key_[0-9a-z]{26}$/)
  assert.ok(text.startsWith(`rbk_${world.tenant.slice(4)}_${id.slice(4)}_`))
  assert.deepEqual(await ApiKey.verify(world.table, text), apiKey)
  assert.equal(JSON.stringify(apiKey).includes(text.slice(-43)), false, "the secret is not kept")
  assert.equal(await ApiKey.remove(world.table, world.tenant, id), true)
  assert.equal(await ApiKey.verify(world.table, text), undefined)
  assert.equal(await ApiKey.remove(world.table, world.tenant, id), false)
})

test("another secret, tenant or id opens nothing, nor what only holds a key's text", async () => {
  const [{ text }, { text: other }] = [await makeKey(), await makeKey()]
  const [prefix, tenant, id, ...secret] = text.split("_") as [string, string, string, ...string[]]
  const secretText = secret.join("_")
  const strangers = [
    `${prefix}_${tenant}_${id}_${other.slice(-43)}`,
    `${prefix}_${"1".repeat(26)}_${id}_${secretText}`,
    `${prefix}_${tenant}_${"1".repeat(26)}_${secretText}`,
    `x${text}`,
    `${text}x`,
    text.slice(0, -1),
    text.replace("rbk", "rbx"),
    "",
  ]
  for (const stranger of strangers)
    assert.equal(await ApiKey.verify(world.table, stranger), undefined, stranger)
  assert.ok(await ApiKey.verify(world.table, text))
})

test("a key is valid until its end, and stays listed beyond it", async () => {
  const { apiKey, text } = await makeKey({ validUntil: START + HOUR, scope: "read" })
  assert.equal(apiKey.scope, "read")
  world.now = START + HOUR - 1
  assert.equal((await ApiKey.verify(world.table, text))?.scope, "read")
  assert.equal(ApiKey.isExpired(apiKey, world.now), false)
  world.now += 1
  assert.equal(ApiKey.isExpired(apiKey, world.now), true)
  assert.equal(await ApiKey.verify(world.table, text), undefined)
  const get = await ApiKey.get(world.table, world.tenant, apiKey.id, { consistent: true })
  assert.deepEqual(get, apiKey)
  const { items } = await ApiKey.page(world.table, world.tenant, { limit: 10 })
  assert.deepEqual(items, [apiKey])
})

test("keys are listed newest first, in pages, and of the tenant alone", async () => {
  const made: string[] = []
  for (let count = 0; count < 3; count++) {
    world.now += 1
    made.unshift((await makeKey()).apiKey.id)
  }
  const other = await Tenant.create(world.table, { name: "other" })
  await ApiKey.create(world.table, other.id, { name: "x", validUntil: null })
  const first = await ApiKey.page(world.table, world.tenant, { limit: 2 })
  assert.deepEqual(
    first.items.map(({ id }) => id),
    made.slice(0, 2),
  )
  const second = await ApiKey.page(world.table, world.tenant, { limit: 2, after: first.next })
  assert.deepEqual(
    second.items.map(({ id }) => id),
    made.slice(2),
  )
  assert.equal(second.next, undefined)
})

test("that a key was used is noted once an hour", async () => {
  const { apiKey } = await makeKey()
  const read = async () =>
    (await ApiKey.get(world.table, world.tenant, apiKey.id, { consistent: true }))!
  await ApiKey.touch(world.table, apiKey)
  assert.equal((await read()).lastUsedAt, START)
  world.now += HOUR - 1
  await ApiKey.touch(world.table, await read())
  assert.equal((await read()).lastUsedAt, START)
  // Two who read the same note it once.
  world.now += 1
  const was = await read()
  await ApiKey.touch(world.table, was)
  world.now += 1
  await ApiKey.touch(world.table, was)
  assert.equal((await read()).lastUsedAt, START + HOUR)
})

test("a pass opens as its own kind, for its time, until it is removed", async () => {
  const { tenant } = world
  const origin = { kind: "key" as const, tenant, keyId: "key_1" }
  for (const kind of ["lnk", "ses"] as const) {
    const { pass, text } = await Pass.create(
      world.table,
      kind,
      { tenant, scope: "read", origin },
      HOUR,
    )
    const { id, secretHash } = pass
    const expected = { id, tenant, scope: "read", origin, secretHash, createdAt: START }
    assert.deepEqual(pass, { ...expected, expiresAt: (START + HOUR) / 1000 })
    assert.ok(id.startsWith(`${kind}_`))
    const prefix = kind === "lnk" ? "rbl" : "rbp"
    assert.ok(text.startsWith(`${prefix}_${tenant.slice(4)}_${id.slice(4)}_`))
    assert.deepEqual(await Pass.verify(world.table, kind, text), pass)
    const other = kind === "lnk" ? "ses" : "lnk"
    assert.equal(await Pass.verify(world.table, other, text), undefined)
    for (const wrong of [`x${text}`, `${text}x`, text.slice(0, -3) + "AAA", ""])
      assert.equal(await Pass.verify(world.table, kind, wrong), undefined)
  }
})

test("a pass ends by itself, and the operator's is no tenant's", async () => {
  const settings = {
    tenant: null,
    scope: "full" as const,
    origin: { kind: "operator" as const, proof: "sealed" },
  }
  const { pass, text } = await Pass.create(world.table, "ses", settings, HOUR)
  assert.equal(pass.tenant, null)
  assert.match(text, /^rbp_operator_/)
  assert.ok(await getItem(world.table, passKey(null, pass.id), { consistent: true }))
  assert.equal(passKey(null, pass.id).pk, "OPERATOR")
  world.now += HOUR - 1
  assert.deepEqual(await Pass.verify(world.table, "ses", text), pass)
  world.now += 1
  assert.equal(await Pass.verify(world.table, "ses", text), undefined)
  world.now -= DAY
  await Pass.remove(world.table, pass)
  assert.equal(await Pass.verify(world.table, "ses", text), undefined)
})
