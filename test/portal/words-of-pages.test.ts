import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import * as Audit from "@ringback/store/audit"
import { createItem, getItem } from "@ringback/store/item"
import { deliveryKey, parseDeliveryId, shardsOfEndpoint } from "@ringback/store/item-keys"
import { missingHtml } from "@ringback/functions/portal/pages/recover"
import pMap from "p-map"
import { makeDeps, pumpAll } from "../harness/system.ts"
import { openTenant } from "./opened.ts"
import { startPortal, words, type TestPortal } from "./portal.ts"

// What pages say of data that is incomplete, changed or deleted.

let portal: TestPortal
before(async () => void (portal = await startPortal()))
after(() => portal.close())

const pump = () => pumpAll(portal.stack, makeDeps(portal.stack))

const open = () => openTenant(portal)

const refusing = { pull: true, description: "billing", eventTypes: ["campaign.*"] }

test("an endpoint whose transform fails for every event is not said to work again", async () => {
  const { path, make, look, tell } = await open()
  const { id } = await make("endpoints", { ...refusing, transform: '$error("no")' })
  for (const uuid of ["a", "b"]) await tell("Campaign", uuid)
  await pump()
  await portal.call(`POST ${path}/endpoints/${id}/messages`, { body: { limit: 10 } })
  const overview = await look("")
  assert.match(overview, /billing did not get 2 deliveries of the last week, the last one received/)
  assert.doesNotMatch(overview, /works again/)
})

test("what an endpoint missed is told beside any number of held deliveries of a disabled one", async () => {
  const { path, make, look, tell } = await open()
  const { id } = await make("endpoints", { ...refusing, transform: '$error("no")' })
  await tell("Campaign", "a")
  await pump()
  await portal.call(`POST ${path}/endpoints/${id}/messages`, { body: { limit: 1 } })
  await make("endpoints", { pull: true, eventTypes: ["plan.*"], disabled: true })
  await pMap(Array.from({ length: 55 }), (_, index) => tell("Plan", `p-${index}`), {
    concurrency: 4,
  })
  await pump()
  assert.match(await look(""), /billing did not get at least 1 delivery of the last week/)
})

test("a delivery's request is said to be made of its endpoint's settings once these have changed", async () => {
  const { path, make, look, tell } = await open()
  const url = "http://127.0.0.1:1/"
  const { id } = await make("endpoints", { url, transform: '$error("no")' })
  await tell("Campaign", "a")
  await pump()
  const [delivery] = (await portal.call(`GET ${path}/deliveries`)).body.data
  const page = `/deliveries/${delivery.id}`
  const attempted = await look(page)
  assert.match(attempted, /transform failed/)
  assert.doesNotMatch(attempted, /would get now/)
  await portal.call(`PATCH ${path}/endpoints/${id}`, { body: { transform: '{"other": 1}' } })
  assert.match(await look(page), /The endpoint was changed after the last attempt/)
})

test("an event whose endpoint was deleted is not said to have had no subscriber", async () => {
  const { path, make, look, tell } = await open()
  const { id } = await make("endpoints", refusing)
  await tell("Campaign", "a")
  await pump()
  const [event] = (await portal.call(`GET ${path}/events`)).body.data
  assert.match(await look(`/events/${event.id}`), /billing/)
  await portal.call(`DELETE ${path}/endpoints/${id}`)
  const after = await look(`/events/${event.id}`)
  assert.match(after, /No delivery to an endpoint that still exists/)
})

test("a key that a form makes twice is the same one, with the same answer; so is a rotated secret", async () => {
  const { id, make, visitor, get, path } = await open()
  const { id: endpoint } = await make("endpoints", { url: "https://example.com/" })
  const hidden = (text: string, name: string) =>
    new RegExp(`name="${name}" value="([^"]*)"`).exec(text)![1]!
  const keys = await get("/keys")
  const form = {
    once: hidden(keys, "once"),
    at: hidden(keys, "at"),
    name: "crm",
    scope: "full",
    days: "90",
  }
  const shown = async (page: string, fields: Record<string, string>, what: RegExp) => {
    const { status, text } = await visitor.post(`/portal/${id}${page}`, fields)
    assert.equal(status, 200)
    return what.exec(text)![0]
  }
  const key = await shown("/keys", form, /rbk_[\w-]+/)
  // The first form's time is over a day ago: it is no reason for a key that has expired already.
  assert.equal(await shown("/keys", form, /rbk_[\w-]+/), key)
  const old = { ...form, once: "another", at: "2020-01-01T00:00:00.000Z" }
  assert.notEqual(await shown("/keys", old, /rbk_[\w-]+/), key)
  const { body } = await portal.call(`GET ${path}/keys`)
  for (const { name, expiresAt } of body.data)
    if (name === "crm") assert.ok(Date.parse(expiresAt) > Date.now() + 89 * 24 * 3600_000)

  const once = hidden((await get(`/endpoints/${endpoint}`)).split("/rotate")[1]!, "once")
  const rotated = () =>
    shown(`/endpoints/${endpoint}/rotate`, { once, overlap: "0" }, /whsec_[\w+/=]+/)
  assert.equal(await rotated(), await rotated())
})

test("a log of which no part that was read has what is looked for says so, and leads on", async () => {
  const { id, path, make, get, look, tell } = await open()
  const { id: quiet } = await make("endpoints", refusing)
  const entry = { actor: "operator", action: "updateEndpoint", target: "ep_other", changes: {} }
  const many = Array.from({ length: 1_100 })
  await pMap(many, () => Audit.note(portal.deps.table, id, entry), { concurrency: 20 })
  const audit = await get(`/audit?target=${quiet}`)
  assert.match(words(audit), /No change to that id in this part of the log/)
  const older = /href="([^"]*)">Older/.exec(audit)![1]!.replaceAll("&amp;", "&")
  assert.match(await look(older.slice(`/portal/${id}`.length)), /Create endpoint/)
  assert.match(await look("/audit?target=ep_none&cursor="), /No entries|No change/)

  await tell("Campaign", "a")
  await pump()
  const [delivery] = (await portal.call(`GET ${path}/deliveries`)).body.data
  const { ref, ...item } = (await getItem(
    portal.deps.table,
    deliveryKey(id, parseDeliveryId(delivery.id)!),
  )) as { sk: string; ref?: unknown }
  const place = String(shardsOfEndpoint(quiet)[0])
  assert.ok(place !== "" && ref === undefined)
  await pMap(
    many.keys(),
    (index) =>
      createItem(portal.deps.table, {
        ...item,
        endpointId: "ep_other",
        sk: `${String(Date.now() + 1 + index).padStart(14, "0")}#${item.sk.split("#")[1]}`,
      } as never),
    { concurrency: 20 },
  )
  assert.match(await look(`/endpoints/${quiet}`), /None in the newest part of the log/)
})

test("what could not be counted in time is not said to be nothing", () => {
  const range = { since: "2026-11-28T00:00:00.000Z", until: "2026-11-28T01:00:00.000Z" }
  const said = (count: number, isLowerBound: boolean) =>
    words(missingHtml({ count, isLowerBound }, range) as string).trim()
  assert.match(said(0, true), /The log is too long to count what is missing/)
  assert.match(said(3, true), /At least 3 events received between .* were not delivered/)
  assert.match(said(1, false), /^1 event received between .* was not delivered/)
})

test("a form that somebody else has overtaken leads to the endpoint as it is now", async () => {
  const { id, path, make, visitor, get } = await open()
  const { id: endpoint } = await make("endpoints", { url: "https://example.com/" })
  const at = `/portal/${id}/endpoints/${endpoint}/edit`
  const form = await get(`/endpoints/${endpoint}/edit`)
  const etag = /name="etag" value="([^"]*)"/.exec(form)![1]!.replaceAll("&quot;", '"')
  await portal.call(`PATCH ${path}/endpoints/${endpoint}`, { body: { rateLimit: 5 } })
  const fields = { kind: "webhook", etag, url: "https://example.com/", description: "mine" }
  const { status, text } = await visitor.post(at, fields)
  assert.equal(status, 412)
  assert.ok(text.includes(`<a href="${at}">Load the endpoint as it is now</a>`))
})
