import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { after, before, describe, test } from "node:test"
import { kinds } from "@ringback/connectors/kinds"
import * as Connector from "@ringback/store/connector"
import * as Endpoint from "@ringback/store/endpoint"
import { idIn, settingsOf } from "../connectors/account.ts"
import { startStack, type Stack } from "../harness/stack.ts"
import { deliverOn, startCrm, tell } from "./crm.ts"

// Contacts that a connector makes for people whom the CRM does not know.

/** What an endpoint's records of persons are found by. */
const hashOf = (person: string) => createHash("sha256").update(person).digest("base64url")

let stack: Stack
before(async () => void (stack = await startStack()))
after(() => stack.close())

const HOUR = 3600_000
/** How a search answers that nothing was found. */
const NONE = {
  hubspot: { message: "not found" },
  salesforce: { totalSize: 0, done: true, records: [] },
  pipedrive: { success: true, data: { items: [] } },
  zoho: undefined,
}
const ada = { uuid: "row-1", key: "42", name: "Ada Byron", detail: null, email: null }
const byField = { create: "contact", match: "externalId:customer_number" }
/** Of these it is not known whether the CRM has them. */
const UNSEARCHED: [name: string, settings: object, data: Record<string, unknown>][] = [
  ["a national number without a country", {}, { number: "20123456", contact: null }],
  [
    "a key of another system",
    { match: "key" },
    { number: "+4520123456", contact: { ...ada, key: "C-42" } },
  ],
  ["no email", { match: "email" }, { number: "+4520123456", contact: ada }],
]

for (const kind of kinds) {
  describe(`${kind}: a contact is made once`, () => {
    for (const [name, settings, data] of UNSEARCHED)
      test(`and not for whom could not be looked for: ${name}`, async (t) => {
        const world = await startCrm(t, stack, kind, [], { create: "contact", ...settings })
        const delivery = await deliverOn(world, tell(world, data))
        assert.equal(delivery?.status, "delivered")
        assert.match(delivery.attempts[0]?.error ?? "", /^skipped: /)
        assert.equal(world.account.contactCount(), 0)
      })

    test("for all calls of a person, with the key in the field that it is found by", async (t) => {
      const world = await startCrm(t, stack, kind, [], byField)
      for (let count = 1; count <= 3; count++) {
        const told = tell(world, { number: "+4520123456", contact: ada })
        const delivery = await deliverOn(world, told)
        assert.deepEqual([delivery?.status, delivery?.attempts.at(-1)?.error], ["delivered", null])
        assert.equal(world.account.contactCount(), 1)
        world.clock.now += HOUR
      }
      assert.ok(
        world.server.asked.some(({ method, body }) => {
          const text = JSON.stringify(body ?? null)
          return method === "POST" && text.includes('"customer_number":"42"')
        }),
      )
      assert.deepEqual(world.account.problems, [])
    })

    test("for all calls of a person, also while no search finds it", async (t) => {
      const world = await startCrm(t, stack, kind, [], byField)
      for (let count = 1; count <= 3; count++) {
        // The index of a CRM may lag behind what was just made.
        const isSearch = /query|search|idProperty|customer_number\//
        world.server.faults = ({ method, path, query }) =>
          isSearch.test(`${path}?${query.toString()}`) && method !== "PUT"
            ? { status: kind === "zoho" ? 204 : kind === "hubspot" ? 404 : 200, body: NONE[kind] }
            : "none"
        const told = tell(world, { number: "+4520123456", contact: ada })
        const delivery = await deliverOn(world, told)
        assert.deepEqual([delivery?.status, delivery?.attempts.at(-1)?.error], ["delivered", null])
        assert.equal(world.account.contactCount(), 1, `after call ${count}`)
        world.clock.now += HOUR
      }
      const on = new Set(world.account.activities().map(({ contact }) => contact))
      assert.equal(on.size, 1)
      assert.equal(world.account.activities().length, 3)
    })

    test("and an answer with an id that is none is a failed attempt", async (t) => {
      const world = await startCrm(t, stack, kind, [], { create: "contact" })
      const id = "9".repeat(410_000)
      const details = [{ code: "SUCCESS", details: { id } }]
      const body = { hubspot: { id }, salesforce: { id, success: true } }
      const other = { pipedrive: { success: true, data: { id } }, zoho: { data: details } }
      world.server.faults = ({ method, path }) =>
        method === "POST" && /(contacts|persons|Contact)$/i.test(path)
          ? { status: 201, body: { ...body, ...other }[kind] }
          : "none"
      const delivery = await deliverOn(world, tell(world, { number: "+4520123456", contact: null }))
      assert.deepEqual([delivery?.status, delivery?.attempts.length], ["pending", 1])
      assert.ok(delivery?.attempts[0]?.error)
    })

    test("of calls to one unknown number that end at the same time", async (t) => {
      const world = await startCrm(t, stack, kind, [], { create: "contact" })
      await deliverOn(world, tell(world, { number: "+4520000001", contact: null }))
      const calls = [1, 2, 3].map(() => tell(world, { number: "+4520123456", contact: null }))
      const first = await Promise.all(calls.map((call) => deliverOn(world, call)))
      assert.ok(first.every((each) => each?.status === "delivered" || each?.status === "pending"))
      for (const each of first)
        if (each?.status === "pending")
          assert.match(each.attempts[0]?.error ?? "", /another attempt is making a contact/)
      world.clock.now += HOUR
      for (const [index, call] of calls.entries()) {
        if (first[index]!.status === "delivered") continue
        const again = await deliverOn(world, call)
        assert.equal(again?.status, "delivered", JSON.stringify(again?.attempts))
      }
      assert.equal(world.account.contactCount(), 2)
      assert.equal(world.account.activities().length, 4)
    })
  })
}

for (const kind of kinds)
  test(`${kind}: a name with spaces around it, or of spaces alone, makes a contact`, async (t) => {
    const world = await startCrm(t, stack, kind, [], { create: "contact" })
    for (const [index, name] of [" Ada  Byron ", "   "].entries()) {
      const contact = { ...ada, key: null, name }
      const told = tell(world, { number: `+452012345${index}`, contact })
      const delivery = await deliverOn(world, told)
      assert.deepEqual([delivery?.status, delivery?.attempts.at(-1)?.error], ["delivered", null])
      assert.equal(world.account.contactCount(), index + 1)
    }
    assert.deepEqual(world.account.problems, [])
  })

test("a made contact that was deleted in the CRM is made again", async (t) => {
  const world = await startCrm(t, stack, "hubspot", [], byField)
  const data = { number: "+4520123456", contact: ada }
  await deliverOn(world, tell(world, data))
  world.server.faults = ({ method, path }) =>
    method === "GET" && /contacts\/\d+$/.test(path) ? { status: 404, body: {} } : "none"
  const delivery = await deliverOn(world, tell(world, data))
  assert.equal(delivery?.status, "delivered")
  assert.equal(world.account.contactCount(), 2)
})

test("an erased call takes the contact that was made for its person out of what is kept", async (t) => {
  const world = await startCrm(t, stack, "hubspot", [], { create: "contact", match: "key" })
  const { tenant } = world.customer
  const { table } = world.deps
  const told = tell(world, { number: "+4520123456", contact: ada })
  await deliverOn(world, told)
  const { uuid } = (JSON.parse(told.body) as { data: { uuid: string } }).data
  const endpointId = world.endpointId
  await Connector.emptyCall(table, { tenant, endpointId, uuid })
  await deliverOn(world, tell(world, { number: "+4520123456", contact: ada }))
  assert.equal(world.account.contactCount(), 2, "nothing is known of the first one")
})

test("and also if the connector got other credentials since", async (t) => {
  const world = await startCrm(t, stack, "hubspot", [], { create: "contact" })
  const { tenant } = world.customer
  const { table } = world.deps
  const data = { uuid: "call-1", number: "+4520123456", contact: null }
  await deliverOn(world, tell(world, data))
  const { endpointId } = world
  const read = () => Endpoint.get(table, tenant, endpointId, { consistent: true })
  const account = Connector.fingerprintOf((await read())!)
  await Endpoint.update(table, tenant, endpointId, { auth: { type: "bearer", token: "other" } })
  world.account.tokens.add("other")
  world.clock.now += HOUR
  const told = tell(world, { ...data, version: "2099-01-01T00:00:00.000000000Z/0" })
  const delivery = await deliverOn(world, told)
  assert.deepEqual([delivery?.status, delivery?.attempts.at(-1)?.error], ["delivered", null])
  await Connector.emptyCall(table, { tenant, endpointId, uuid: data.uuid })
  for (const fingerprint of [account, Connector.fingerprintOf((await read())!)]) {
    const uuid = hashOf("phone +4520123456")
    const look = { tenant, endpointId, uuid, fingerprint, owner: fingerprint, isPerson: true }
    const begun = await Connector.begin(table, look, 0)
    assert.ok(begun.outcome === "begun" && begun.kept["contactId"] === undefined)
  }
})

test("a call is no person, whatever Uuid a collector says", async (t) => {
  const known = { id: "501", phone: "+4570000001" }
  const world = await startCrm(t, stack, "hubspot", [known], { create: "contact" })
  const person = hashOf("phone +4520123456")
  for (const uuid of [person, `person\n${person}`])
    await deliverOn(world, tell(world, { uuid, number: known.phone, contact: null }))
  await deliverOn(world, tell(world, { number: "+4520123456", contact: null }))
  const [one, two, real] = world.account.activities().map(({ contact }) => contact)
  assert.equal(one, two)
  assert.notEqual(real, one)
})

for (const kind of kinds)
  test(`${kind}: a call that is sent again after match was mended moves to the right contact`, async (t) => {
    const people = [
      { id: "101", phone: "+4520999999" },
      { id: "102", phone: "+4520123456" },
    ]
    const world = await startCrm(t, stack, kind, people)
    const { tenant } = world.customer
    const key = idIn(kind, "101")
    const data = { uuid: "c-1", number: "+4520123456", contact: { ...ada, key } }
    await deliverOn(world, tell(world, data))
    const on = () => world.account.activities().map(({ contact }) => contact)
    assert.deepEqual(on(), [idIn(kind, "101")])
    const { auth: _, ...connector } = settingsOf(kind, { match: "phone" })
    await Endpoint.update(world.deps.table, tenant, world.endpointId, { connector })
    world.clock.now += HOUR
    const asked = world.server.asked.length
    const again = await deliverOn(world, tell(world, data))
    assert.equal(again?.status, "delivered")
    const written = world.server.asked
      .slice(asked)
      .filter(({ method }) => method !== "GET")
      .map(({ path, body }) => `${path} ${JSON.stringify(body)}`)
    assert.ok(
      written.some((each) => new RegExp(`\\b${idIn(kind, "102")}\\b`).test(each)),
      written.join("\n"),
    )
    assert.equal(on().length, 1, "one activity")
  })
