import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { makeTenant } from "../api/api.ts"
import { answer, startReceiver, type TestReceiver } from "../harness/receiver.ts"
import { makeDeps, pumpAll } from "../harness/system.ts"
import { startPortal, words, type TestPortal } from "./portal.ts"

// What the operator's list of tenants and a tenant's overview say of how things are, however many endpoints there are.

const ENDPOINTS = 12

let portal: TestPortal
let receiver: TestReceiver
before(async () => {
  portal = await startPortal()
  receiver = await startReceiver()
  receiver.behave(({ path }, response) => answer(response, path === "/first" ? 500 : 204))
})
after(async () => {
  await receiver.close()
  await portal.close()
})

test("volume, failures and silent PBXes of all endpoints are shown, not of the newest alone", async () => {
  const { id, path } = await makeTenant(portal, "Busy")
  const well = await makeTenant(portal, "Idle")
  const source = await portal.call(`POST ${path}/sources`, { body: { name: "PBX" } })
  const ids: string[] = []
  for (let at = 0; at < ENDPOINTS; at++) {
    const url = `${receiver.url}${at === 0 ? "first" : "good"}`
    const made = await portal.call(`POST ${path}/endpoints`, {
      body: { url, description: at === 0 ? "The oldest" : `Number ${at}`, disabled: at === 1 },
    })
    ids.push(made.body.id)
  }
  await portal.call(`POST ${path}/sources/${source.body.id}/test`, { body: {} })
  await pumpAll(portal.stack, makeDeps(portal.stack))

  const { body: stats } = await portal.call(`GET ${path}/stats`)
  const pending = stats.counts.pending + stats.counts.failed
  assert.deepEqual(
    [stats.counts.delivered, pending, stats.counts.held],
    [ENDPOINTS - 2, 1, 1],
    JSON.stringify(stats.counts),
  )
  assert.deepEqual(
    stats.failing.map((each: { endpointId: string }) => each.endpointId),
    [ids[0]],
  )
  assert.deepEqual(stats.disabled, [ids[1]])
  assert.deepEqual(
    stats.endpoints
      .map((each: { endpointId: string; counts: Record<string, number> }) => [
        ids.indexOf(each.endpointId),
        each.counts["delivered"],
        each.counts["held"],
      ])
      .sort((a: number[], b: number[]) => a[0]! - b[0]!),
    ids.map((_, at) => [at, at > 1 ? 1 : 0, at === 1 ? 1 : 0]),
  )
  for (const { endpointId, latencyMs } of stats.endpoints) {
    const hasAnswered = ids.indexOf(endpointId) > 1
    assert.equal(latencyMs.p50 !== null, hasAnswered)
    assert.equal(latencyMs.p95 !== null, hasAnswered)
  }
  assert.equal(stats.isEstimate, false)
  for (const window of ["hour", "day", "week"]) {
    const { body } = await portal.call(`GET ${path}/stats?window=${window}`)
    assert.equal(body.counts.delivered, ENDPOINTS - 2, window)
  }
  assert.equal((await portal.call(`GET ${path}/stats?window=year`)).status, 400)
  const { body: none } = await portal.call(`GET ${well.path}/stats`)
  assert.equal(none.counts.delivered, 0)

  const operator = await portal.signIn()
  const overview = words((await operator.get(`/portal/${id}`)).text)
  assert.match(overview, new RegExp(`Deliveries ${ENDPOINTS} `))
  assert.match(overview, /The oldest is failing/)
  assert.match(overview, /Number 11 \S+ 1 /)
  assert.match(words((await operator.get(`/portal/${id}?window=week`)).text), /State Last week/)
  const { text } = await operator.get("/portal/tenants")
  const rows = text.split("<tr>")
  const row = (name: string) => words(rows.find((each) => each.includes(`>${name}<`))!)
  assert.match(row("Busy"), new RegExp(`1 failing 1 disabled ${ENDPOINTS} 1 `))
  assert.match(row("Idle"), /OK 0 0 /)

  // Enabled again, it has to be told of what was held meanwhile.
  await portal.call(`PATCH ${path}/endpoints/${ids[1]}`, { body: { disabled: false } })
  const after = words((await operator.get(`/portal/${id}`)).text)
  assert.match(after, /Number 1 did not get 1 delivery of the last week, the last one received/)
})
