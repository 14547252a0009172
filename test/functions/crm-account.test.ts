import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { connectorOf, kinds } from "@ringback/connectors/kinds"
import * as Endpoint from "@ringback/store/endpoint"
import { idIn, settingsOf } from "../connectors/account.ts"
import { startStack, type Stack } from "../harness/stack.ts"
import { makeDeps } from "../harness/system.ts"
import { addConnector, deliverOn, OAUTH, serveAccount, startCrm, tell } from "./crm.ts"

let stack: Stack
before(async () => void (stack = await startStack()))
after(() => stack.close())

const BOB = { id: "102", phone: "+4520999999" }

for (const kind of kinds) {
  test(`${kind}: a call that is sent again into another account is logged there anew, and nothing else is changed`, async (t) => {
    const ada = { id: "101", phone: "+4520123456" }
    const world = await startCrm(t, stack, kind, [ada])
    const uuid = "7d0c4a50-5b1e-4f6a-9c3d-000000000077"
    const first = await deliverOn(world, tell(world, { uuid }))
    assert.equal(first?.status, "delivered")
    // There Ada has another id, and Bob's activity may have the id that Ada's had.
    const { account, server } = await serveAccount(kind, [{ ...ada, id: "909" }, BOB])
    t.after(() => server.close())
    const deps = makeDeps(stack, { now: () => world.clock.now, crmUrls: { [kind]: server.url } })
    const { tenant } = world.customer
    const bobs = { ...world, deps, endpointId: await addConnector(deps, tenant, kind) }
    await deliverOn(bobs, tell(bobs, { uuid: "bobs", number: BOB.phone, contact: null }))
    const [bobsCall] = structuredClone(account.activities())
    assert.equal(bobsCall?.contact, idIn(kind, BOB.id))

    // Bob's call has taken a refresh token's turn.
    const isRefreshed = kind !== "salesforce"
    const next = isRefreshed ? { refreshToken: "refresh-1" } : {}
    const settings = settingsOf(kind, { auth: { ...OAUTH[kind], ...next } })
    const { auth, ...connector } = settings
    const url = connectorOf(kind).baseUrl(settings)
    await Endpoint.update(deps.table, tenant, world.endpointId, { url, auth, connector })
    world.clock.now += 60_000
    const again = await deliverOn({ ...world, deps }, tell(world, { uuid }))
    assert.equal(again?.status, "delivered")
    const [unchanged, logged] = account.activities()
    assert.deepEqual(unchanged, bobsCall)
    assert.equal(logged?.contact, idIn(kind, "909"))
    assert.equal(account.activities().length, 2)
  })
}
