import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { operatorPages, tenantPages } from "@ringback/functions/portal/pages"
import { startReceiver, type TestReceiver } from "../harness/receiver.ts"
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
  for (const { path, ids } of [ours, theirs]) {
    const { body } = await portal.call(`GET ${path}/events/${ids["eventId"]}`)
    ids["uuid"] = body.data.uuid
  }
  were = { ours: await state(ours), theirs: await state(theirs) }
})
after(async () => {
  await receiver.close()
  await portal.close()
})

const fill = (path: string, ids: Record<string, string>) =>
  path.replaceAll(/:(\w+)/g, (_, name: string) =>
    encodeURIComponent(ids[name === "id" ? "tenantId" : name]!),
  )

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
