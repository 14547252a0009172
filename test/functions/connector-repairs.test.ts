import assert from "node:assert/strict"
import { after, before, test, type TestContext } from "node:test"
import * as Endpoint from "@ringback/store/endpoint"
import { settingsOf } from "../connectors/account.ts"
import { startStack, type Stack } from "../harness/stack.ts"
import { deliverOn, startCrm, tell, type CrmWorld } from "./crm.ts"

// What connectors do where a CRM holds less, more or something else than they expect.

let stack: Stack
before(async () => void (stack = await startStack()))
after(() => stack.close())

const HOUR = 3600_000
const ADA = { id: "101", phone: "+4520123456" }
const row = { uuid: "row-1", key: "4711", name: "Ada Byron", detail: null, email: null }
const byNumber = { match: "externalId:customer_number" }
const call = { uuid: "call-1", number: "+4520123456", contact: null }

const lastError = (delivery: { attempts: { error: string | null }[] } | undefined) =>
  delivery?.attempts.at(-1)?.error

const addPerson = (world: CrmWorld, person: object) =>
  fetch(`${world.server.url}/api/v2/persons`, {
    method: "POST",
    headers: { "x-api-token": "good", "content-type": "application/json" },
    body: JSON.stringify({ name: "X", ...person }),
  })

test("pipedrive: a call log whose answer was lost is not made again, after a live call either", async (t) => {
  for (const live of [true, false]) {
    const world = await startCrm(t, stack, "pipedrive", [ADA], { live })
    if (live) await deliverOn(world, tell(world, { ...call, moment: "answered" }))
    const logs = () => world.server.asked.filter(({ path }) => path.endsWith("callLogs")).length
    world.server.faults = ({ path }) =>
      path.endsWith("callLogs") && logs() === 1 ? "answer lost" : "none"
    const told = tell(world, call)
    assert.equal((await deliverOn(world, told))?.status, "pending")
    world.clock.now += 3600_000
    const again = await deliverOn(world, told)
    assert.deepEqual([again?.status, lastError(again)], ["delivered", null])
    assert.equal(logs(), 1, `live ${live}`)
    assert.equal(world.account.activities().length, 1)
  }
})

test("pipedrive: a person that is added during a call leaves the call where it is", async (t) => {
  const world = await startCrm(t, stack, "pipedrive", [ADA], { live: true })
  await deliverOn(world, tell(world, { ...call, moment: "answered" }))
  await addPerson(world, { phones: [{ value: "+4520123456" }] })
  const ended = await deliverOn(world, tell(world, call))
  assert.deepEqual([ended?.status, lastError(ended)], ["delivered", null])
  const [activity, ...others] = world.account.activities()
  assert.deepEqual([activity?.contact, activity?.text["done"], others], ["101", true, []])
})

/** A call that was shown on the person of its key while it lasted. Since then calls go by number. */
async function startMended(t: TestContext) {
  const people = [
    { id: "101", phone: "+4520999999" },
    { id: "102", phone: "+4520123456" },
  ]
  const world = await startCrm(t, stack, "pipedrive", people, { live: true })
  const data = { ...call, contact: { ...row, key: "101" } }
  await deliverOn(world, tell(world, { ...data, moment: "answered" }))
  const { auth: _, ...connector } = settingsOf("pipedrive", { match: "phone", live: true })
  await Endpoint.update(world.deps.table, world.customer.tenant, world.endpointId, { connector })
  world.clock.now += HOUR
  return { world, told: tell(world, data) }
}

test("pipedrive: a live call whose match was mended ends on the person that is found now", async (t) => {
  const { world, told } = await startMended(t)
  const ended = await deliverOn(world, told)
  assert.deepEqual([ended?.status, lastError(ended)], ["delivered", null])
  const [activity] = world.account.activities()
  assert.deepEqual(activity?.text["participants"], [{ person_id: 102, primary: true }])
})

for (const [what, isRefused] of [
  ["is not logged at first", ({ path }: { path: string }) => path.endsWith("callLogs")],
  ["is not moved at first", ({ method }: { method: string }) => method === "PATCH"],
] as const) {
  test(`pipedrive: a live call whose match was mended, which ${what}, ends on the right person, once`, async (t) => {
    const { world, told } = await startMended(t)
    world.server.faults = (request) => (isRefused(request) ? { status: 429, body: {} } : "none")
    assert.equal((await deliverOn(world, told))?.status, "pending")
    world.server.faults = undefined
    world.clock.now += 2 * HOUR
    const ended = await deliverOn(world, told)
    assert.deepEqual([ended?.status, lastError(ended)], ["delivered", null])
    const [activity, ...others] = world.account.activities()
    assert.deepEqual(activity?.text["participants"], [{ person_id: 102, primary: true }])
    assert.deepEqual([activity?.text["done"], others], [true, []])
  })
}

test("pipedrive: a key of one character is not searched for, and makes no person", async (t) => {
  const people = [{ ...ADA, number: "7" }]
  const world = await startCrm(t, stack, "pipedrive", people, { create: "contact", ...byNumber })
  const delivery = await deliverOn(world, tell(world, { ...call, contact: { ...row, key: "7" } }))
  assert.equal(delivery?.status, "delivered")
  assert.match(lastError(delivery) ?? "", /^skipped: the key \(UKey\) 7 is too short/)
  assert.equal(world.account.contactCount(), 1)
})

test("pipedrive: of several persons with the value in some field the one with the field is meant", async (t) => {
  for (const several of ["first", "none"]) {
    const world = await startCrm(t, stack, "pipedrive", [], { several, ...byNumber })
    for (const custom_fields of [
      { points: "4711", customer_number: "88" },
      { customer_number: "4711", points: "3" },
    ])
      await addPerson(world, { custom_fields })
    const delivery = await deliverOn(world, tell(world, { ...call, contact: row }))
    assert.deepEqual([delivery?.status, lastError(delivery)], ["delivered", null])
    const meant = (await (
      await fetch(
        `${world.server.url}/api/v2/persons/search?term=4711&fields=custom_fields&exact_match=true`,
        { headers: { "x-api-token": "good" } },
      )
    ).json()) as { data: { items: { item: { id: number } }[] } }
    const ids = meant.data.items.map(({ item }) => String(item.id))
    assert.deepEqual(
      world.account.activities().map(({ contact }) => contact),
      [ids.at(-1)],
    )
  }
})

for (const kind of ["salesforce", "zoho"] as const)
  test(`${kind}: names are cut to what it takes`, async (t) => {
    const world = await startCrm(t, stack, kind, [], { create: "contact" })
    const name = "Nordjyske Ejendomsadministration og Boligforening ApS"
    await deliverOn(world, tell(world, { ...call, contact: { ...row, key: null, name } }))
    const made = JSON.stringify(world.server.asked.map(({ body }) => body))
    assert.match(made, /"(FirstName|First_Name)":"Nordjyske Ejendomsadministration og Boli"/)
    assert.match(made, /"(LastName|Last_Name)":"ApS"/)
    const odd = `${"n".repeat(39)}\u{1F600} ${"m".repeat(79)}\u{1F600}`
    const contact = { ...row, key: null, name: odd }
    const other = { uuid: "call-2", number: "+4520123457", contact }
    await deliverOn(world, tell(world, other))
    const asked = JSON.stringify(world.server.asked.map(({ body }) => body))
    assert.match(asked, /"(FirstName|First_Name)":"n{39}"/)
    assert.match(asked, /"(LastName|Last_Name)":"m{79}"/)
  })

test("hubspot: new credentials need no right to make the property that exists", async (t) => {
  const isKey = (path: string) => path.includes("/properties/")
  const world = await startCrm(t, stack, "hubspot", [ADA])
  await deliverOn(world, tell(world, call))
  const { tenant } = world.customer
  const auth = { type: "bearer" as const, token: "good" }
  await Endpoint.update(world.deps.table, tenant, world.endpointId, { auth })
  world.clock.now += 60_000
  const refuse: CrmWorld["server"]["faults"] = ({ method, path }) =>
    method === "POST" && isKey(path) ? { status: 403, body: {} } : "none"
  world.server.faults = refuse
  const asked = world.server.asked.length
  const delivery = await deliverOn(world, tell(world, { ...call, uuid: "call-2" }))
  assert.deepEqual([delivery?.status, lastError(delivery)], ["delivered", null])
  assert.equal(world.server.asked.slice(asked).filter(({ path }) => isKey(path)).length, 2)

  const other = await startCrm(t, stack, "hubspot", [ADA])
  other.server.faults = refuse
  const refused = await deliverOn(other, tell(other, call))
  assert.equal(refused?.status, "pending")
  assert.match(lastError(refused) ?? "", /refused to make the calls' property .* \(403\)/)
})

for (const kind of ["hubspot", "zoho"] as const)
  test(`${kind}: a customer who shares an email with another one is a contact of their own`, async (t) => {
    const email = "info@firm.dk"
    const people = [{ id: "101", number: "42", phone: "+4599999999", email }]
    const world = await startCrm(t, stack, kind, people, { create: "contact", ...byNumber })
    const contact = { ...row, key: "43", email }
    const delivery = await deliverOn(world, tell(world, { ...call, contact }))
    assert.deepEqual([delivery?.status, lastError(delivery)], ["delivered", null])
    assert.equal(world.account.contactCount(), 2)
  })
