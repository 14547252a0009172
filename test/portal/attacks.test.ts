import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { operatorPages, tenantPages } from "@ringback/functions/portal/pages"
import { answer, startReceiver, type TestReceiver } from "../harness/receiver.ts"
import { pumpAll } from "../harness/system.ts"
import { makeWorld, type World } from "../api/world.ts"
import { startPortal, type TestPortal, type Visitor } from "./portal.ts"

let portal: TestPortal
let receiver: TestReceiver
let ours: World
let theirs: World
let visitor: Visitor
let operator: Visitor
let were: { ours: string[]; theirs: string[] }
before(async () => {
  portal = await startPortal()
  receiver = await startReceiver()
  ours = await makeWorld(portal, receiver.url)
  theirs = await makeWorld(portal, receiver.url)
  visitor = await portal.signIn(ours.key)
  operator = await portal.signIn()
  were = { ours: await state(ours), theirs: await state(theirs) }
})
after(async () => {
  await receiver.close()
  await portal.close()
})

const fill = (path: string, ids: Record<string, string>) =>
  path.replaceAll(/:(\w+)/g, (_, name: string) => ids[name === "id" ? "tenantId" : name]!)

// Enough of each form that the API would do it, if it were let.
const form = {
  url: "https://example.com/taken-over",
  name: "taken over",
  scope: "full",
  since: "24",
  overlap: "0",
  eventType: "campaign.updated",
}

/** All of a tenant's that a page could change. */
const state = async ({ path }: World) => {
  const rooms = ["endpoints", "sources", "keys", "deliveries", "events"]
  const lists = await Promise.all(rooms.map((room) => portal.call(`GET ${path}/${room}`)))
  // A key notes when it was used.
  return lists.map(({ text }) => text.replaceAll(/"lastUsedAt":("[^"]*"|null)/g, ""))
}

for (const { method, path } of tenantPages) {
  test(`${method} ${path || "/"} shows and does nothing of another tenant's`, async () => {
    const whole = `/portal/${theirs.ids["tenantId"]}${fill(path, theirs.ids)}`
    const mixed = `/portal/${ours.ids["tenantId"]}${fill(path, theirs.ids)}`
    const isTheirs = fill(path, theirs.ids) !== fill(path, ours.ids)
    for (const at of isTheirs ? [whole, mixed] : [whole]) {
      const { status, text } = await (method === "get" ? visitor.get(at) : visitor.post(at, form))
      assert.equal(status, 404, at)
      for (const id of Object.values(theirs.ids)) {
        if (id.includes("_")) assert.ok(!text.includes(id), `${at} shows ${id}`)
      }
      assert.ok(!text.includes(receiver.url))
    }
  })
}

for (const { method, path } of operatorPages) {
  test(`${method} ${path} is the operator's alone`, async () => {
    const at = `/portal${fill(path, theirs.ids)}`
    const { status, text } = await (method === "get" ? visitor.get(at) : visitor.post(at, form))
    assert.ok(status === 403 || status === 404, `${status}`)
    assert.ok(!text.includes(theirs.ids["tenantId"]!))
    assert.doesNotMatch(text, /rbl_/)
  })
}

const posts = [
  "/portal/sign-in",
  "/portal/sign-out",
  "/portal/link",
  ...tenantPages
    .filter(({ method }) => method === "post")
    .map(({ path }) => `/portal/:tenantId${path}`),
  ...operatorPages.filter(({ method }) => method === "post").map(({ path }) => `/portal${path}`),
]
for (const path of posts) {
  test(`POST ${path} from another site's page does nothing, whoever's cookie it bears`, async () => {
    for (const headers of [
      { "sec-fetch-site": "cross-site", origin: "https://evil.example" },
      { "sec-fetch-site": "same-site", origin: "https://other.api.test" },
      { "sec-fetch-site": "none" },
      { origin: "https://evil.example" },
      { origin: "null" },
      {},
    ] as Record<string, string>[]) {
      for (const each of [visitor, operator]) {
        const { cookie } = each
        const { status } = await each.post(fill(path, ours.ids), form, headers)
        assert.equal(status, 403, JSON.stringify(headers))
        assert.equal(each.cookie, cookie)
      }
    }
  })
}

test("after all of that, everything is as it was", async () => {
  assert.deepEqual(await state(ours), were.ours)
  assert.deepEqual(await state(theirs), were.theirs)
})

test("an old browser that names its origin alone is let in from our own page", async () => {
  const answer = await visitor.post("/portal/link", { token: "x" }, { origin: "https://api.test" })
  assert.equal(answer.status, 410)
})

const XSS = `"><script>alert(1)</script><img src=x onerror=alert(2)>'</textarea></pre>\${7*7}`

test("no text of a tenant's, a PBX's or a receiver's becomes markup", async () => {
  receiver.behave((_, response) => answer(response, 500, {}, XSS))
  const tenant = await portal.call("POST /v1/tenants", { body: { name: XSS } })
  const path = `/v1/tenants/${tenant.body.id}`
  await portal.call(`POST ${path}/keys`, { body: { name: XSS } })
  const source = await portal.call(`POST ${path}/sources`, { body: { name: XSS } })
  const endpoint = await portal.call(`POST ${path}/endpoints`, {
    body: {
      url: `${receiver.url}${encodeURIComponent(XSS)}?'onmouseover=alert(3)//'`,
      description: XSS,
      headers: { "x-note": XSS },
      metadata: { [XSS]: XSS },
      filter: { "data.name": [XSS, null, "test"] },
    },
  })
  assert.equal(endpoint.status, 201, endpoint.text)
  const open = { url: receiver.url, description: XSS }
  await portal.call(`POST ${path}/endpoints`, { body: open })
  await portal.say(source.body, [
    ["Event", "OutCampaignUpdate"],
    ["Uuid", XSS],
    ["Name", XSS],
    ["Detail", XSS],
    ["Status", XSS],
    ["Variable", `${XSS}=${XSS}`],
    [XSS.replaceAll(/[\s:]/g, ""), XSS],
    ["TmUpdate", XSS],
  ])
  await pumpAll(portal.stack, portal.deps)
  const { body: events } = await portal.call(`GET ${path}/events`)
  const { body: deliveries } = await portal.call(`GET ${path}/deliveries`)
  assert.ok(deliveries.data.length > 0)
  const { body: delivery } = await portal.call(`GET ${path}/deliveries/${deliveries.data[0].id}`)
  assert.equal(delivery.attempts[0].responseBody, XSS)

  const ids = {
    tenantId: tenant.body.id,
    endpointId: endpoint.body.id,
    sourceId: source.body.id,
    eventId: events.data[0].id,
    deliveryId: deliveries.data[0].id,
    type: "campaign.updated",
  }
  const asked = `?${["status", "uuid", "type", "endpointId", "after", "done", "window", "cursor", "count"].map((each) => `${each}=${encodeURIComponent(XSS)}`).join("&")}`
  let shown = 0
  const check = ({ text }: { text: string }, at: string) => {
    assert.doesNotMatch(text, /<script(?! src="\/portal\/assets\/)/, at)
    assert.doesNotMatch(text, /<img|onerror=alert\(2\)>(?!&)/, at)
    assert.ok(!text.includes("<script>alert"), at)
    if (text.includes("&lt;script&gt;alert(1)")) shown++
  }
  for (const { method, path: template } of tenantPages) {
    const at = `/portal/${ids.tenantId}${fill(template, ids)}`
    if (method === "get") {
      check(await operator.get(at), at)
      check(await operator.get(`${at}${asked}`), at)
    } else if (!at.endsWith("delete")) {
      const fields = { ...form, name: XSS, description: XSS, filter: XSS, headers: XSS, url: XSS }
      check(await operator.post(at, fields), at)
    }
  }
  check(await operator.get("/portal/tenants"), "tenants")
  check(await operator.post("/portal/tenants", { name: `${XSS}\n` }), "tenants, refused")
  check(await operator.get(`/portal/link?token=${encodeURIComponent(XSS)}`), "link")
  assert.ok(shown >= 20, `${shown} pages show the text`)
})

test("every page says what a browser may do with it, and nothing is kept of it", async () => {
  for (const at of ["/portal", `/portal/${ours.ids["tenantId"]}`, "/portal/link?token=x"]) {
    const { headers } = await visitor.get(at)
    const csp = headers.get("content-security-policy") ?? ""
    if (headers.get("location") === null) {
      assert.match(csp, /default-src 'none'; script-src 'self'; style-src 'self'/)
      assert.doesNotMatch(csp, /unsafe|\*|data:/)
    }
    assert.match(csp, /frame-ancestors 'none'/)
    assert.equal(headers.get("cache-control"), "no-store")
    assert.equal(headers.get("x-content-type-options"), "nosniff")
  }
})

test("the log has no token, key or form in it", async () => {
  await visitor.post("/portal/sign-in", { key: "a-key-that-is-none" })
  await visitor.get("/portal/link?token=rbl_secret-of-a-link")
  const lines = JSON.stringify(portal.logged)
  assert.doesNotMatch(lines, /a-key-that-is-none|rbl_|rbp_|rbk_/)
  assert.ok(
    portal.logged.some(
      ({ event, page }) => event === "portal.answered" && page === "GET /portal/link",
    ),
  )
})
