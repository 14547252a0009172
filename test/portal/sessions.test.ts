import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { OPERATOR_KEY, makeTenant } from "../api/api.ts"
import { ORIGIN, startPortal, words, type TestPortal } from "./portal.ts"

let portal: TestPortal
let now = Date.parse("2026-11-26T12:00:00Z")
before(async () => {
  portal = await startPortal({ now: () => now })
})
after(() => portal.close())

const HOUR_MS = 3600 * 1000

async function makeLink(path: string, body: object = {}, key = OPERATOR_KEY): Promise<string> {
  const made = await portal.call(`POST ${path}/portal-links`, { body, key })
  assert.equal(made.status, 201, made.text)
  const { url } = made.body as { url: string }
  assert.ok(url.startsWith(`${ORIGIN}/portal/link?token=`), url)
  return url.slice(ORIGIN.length)
}
const tokenOf = (link: string) => ({ token: new URL(link, ORIGIN).searchParams.get("token")! })

test("a pasted key signs in to its tenant's pages, and the cookie is as strict as cookies get", async () => {
  const { id, key } = await makeTenant(portal)
  const visitor = portal.visitor()
  const signed = await visitor.post("/portal/sign-in", { key })
  assert.deepEqual([signed.status, signed.location], [303, `/portal/${id}`])
  const cookie = signed.headers.get("set-cookie")!
  assert.match(cookie, /^__Host-ringback=rbp_/)
  for (const part of ["HttpOnly", "Secure", "SameSite=Strict", "Path=/", "Max-Age=43200"])
    assert.ok(cookie.includes(part), part)
  assert.ok(!cookie.includes(key))
  const home = await visitor.get(`/portal/${id}`)
  assert.equal(home.status, 200)
  assert.match(words(home.text), /Get started/)
})

test("a wrong key is refused with words, and nobody is signed in", async () => {
  const visitor = portal.visitor()
  for (const key of ["", "nonsense", `rbk_${"a".repeat(90)}`]) {
    const answer = await visitor.post("/portal/sign-in", { key })
    assert.equal(answer.status, 401)
    assert.match(words(answer.text), /unknown, expired or revoked/)
    assert.equal(answer.headers.get("set-cookie"), null)
  }
})

test("looking at a link uses nothing up; its button signs in, once", async () => {
  const { id, path } = await makeTenant(portal)
  const link = await makeLink(path)
  for (let look = 0; look < 3; look++) {
    const scanner = portal.visitor()
    const shown = await scanner.get(link)
    assert.equal(shown.status, 200)
    assert.equal(shown.headers.get("referrer-policy"), "no-referrer")
    assert.equal(scanner.cookie, "")
  }
  const visitor = portal.visitor()
  const opened = await visitor.post("/portal/link", tokenOf(link))
  assert.deepEqual([opened.status, opened.location], [303, `/portal/${id}`])
  assert.equal((await visitor.get(`/portal/${id}`)).status, 200)

  const thief = portal.visitor()
  assert.equal((await thief.get(link)).status, 410)
  assert.equal((await thief.post("/portal/link", tokenOf(link))).status, 410)
  assert.equal(thief.cookie, "")
})

test("of many who send a link at the same moment one alone is signed in", async () => {
  const { path } = await makeTenant(portal)
  const link = await makeLink(path)
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => portal.visitor().post("/portal/link", tokenOf(link))),
  )
  const statuses = answers.map(({ status }) => status).sort((a, b) => a - b)
  assert.deepEqual(statuses, [303, 410, 410, 410, 410, 410, 410, 410])
})

test("a link ends at its time, a session after twelve hours", async () => {
  const { id, path } = await makeTenant(portal)
  const late = await makeLink(path, { expiresInSeconds: 60 })
  const used = await makeLink(path, { expiresInSeconds: 60 })
  const visitor = portal.visitor()
  await visitor.post("/portal/link", tokenOf(used))
  now += 61_000
  assert.equal((await portal.visitor().post("/portal/link", tokenOf(late))).status, 410)
  now += 11 * HOUR_MS
  assert.equal((await visitor.get(`/portal/${id}`)).status, 200)
  now += HOUR_MS
  const ended = await visitor.get(`/portal/${id}`)
  assert.deepEqual([ended.status, ended.location], [303, "/portal?ended"])
})

test("a link, and who signed in by it, end with the key that made it", async () => {
  const { id, path, key } = await makeTenant(portal)
  const link = await makeLink(path, {}, key)
  const unused = await makeLink(path, {}, key)
  const visitor = portal.visitor()
  await visitor.post("/portal/link", tokenOf(link))
  const byKey = await portal.signIn(key)
  for (const each of [visitor, byKey]) assert.equal((await each.get(`/portal/${id}`)).status, 200)
  const { body: keys } = await portal.call(`GET ${path}/keys`)
  await portal.call(`DELETE ${path}/keys/${keys.data[0].id}`)
  for (const each of [visitor, byKey]) {
    assert.equal((await each.get(`/portal/${id}`)).location, "/portal?ended")
    const made = await each.post(`/portal/${id}/sources/new`, { name: "PBX" })
    assert.equal(made.location, "/portal?ended")
  }
  assert.deepEqual((await portal.call(`GET ${path}/sources`)).body.data, [])
  assert.equal((await portal.visitor().get(unused)).status, 410)
})

test("a link made by somebody who came by a link ends with the same key", async () => {
  const { id, path, key } = await makeTenant(portal)
  const visitor = portal.visitor()
  await visitor.post("/portal/link", tokenOf(await makeLink(path, {}, key)))
  const fields = { scope: "full", lifetime: "3600" }
  const { text } = await visitor.post(`/portal/${id}/keys/link`, fields)
  const [link] = /\/portal\/link\?token=rbl_[\w-]+/.exec(text)!
  const colleague = portal.visitor()
  await colleague.post("/portal/link", tokenOf(link))
  assert.equal((await colleague.get(`/portal/${id}/keys`)).status, 200)
  const { body: keys } = await portal.call(`GET ${path}/keys`)
  await portal.call(`DELETE ${path}/keys/${keys.data[0].id}`)
  for (const each of [visitor, colleague])
    assert.equal((await each.get(`/portal/${id}/keys`)).status, 303)
})

test("the operator's sessions and links end with another operator's key", async () => {
  const { id, path } = await makeTenant(portal)
  const link = await makeLink(path)
  const visitor = await portal.signIn()
  assert.equal((await visitor.get(`/portal/${id}`)).status, 200)
  portal.deps.operatorKey = "another operator's key"
  try {
    assert.equal((await visitor.get(`/portal/${id}`)).location, "/portal?ended")
    assert.equal((await portal.visitor().get(link)).status, 410)
  } finally {
    portal.deps.operatorKey = OPERATOR_KEY
  }
})

test("a deleted tenant's sessions see nothing", async () => {
  const { id, path, key } = await makeTenant(portal)
  const visitor = await portal.signIn(key)
  await portal.call(`DELETE ${path}`)
  const answer = await visitor.get(`/portal/${id}`)
  assert.equal(answer.location, "/portal?ended")
})

test("signing out ends the session itself: a copied cookie is worth nothing", async () => {
  const { id, key } = await makeTenant(portal)
  const visitor = await portal.signIn(key)
  const copied = visitor.cookie
  await visitor.post("/portal/sign-out")
  assert.equal(visitor.cookie, "__Host-ringback=")
  const thief = portal.visitor()
  thief.cookie = copied
  assert.equal((await thief.get(`/portal/${id}`)).location, "/portal?ended")
})

test("who may only read sees no button that changes anything, and may not do it otherwise", async () => {
  const { id, path } = await makeTenant(portal)
  await portal.call(`POST ${path}/endpoints`, { body: { url: "https://example.com/" } })
  await portal.call(`POST ${path}/sources`, { body: { name: "PBX" } })
  const { body: endpoints } = await portal.call(`GET ${path}/endpoints`)
  const endpoint = `/portal/${id}/endpoints/${endpoints.data[0].id}`
  const visitor = portal.visitor()
  await visitor.post("/portal/link", tokenOf(await makeLink(path, { scope: "read" })))
  for (const at of ["", "/endpoints", "/sources", "/keys", "/deliveries", "/events"]) {
    const { status, text } = await visitor.get(`/portal/${id}${at}`)
    assert.equal(status, 200, at)
    const posts = [...text.matchAll(/method="post" action="([^"]+)"/g)].map(([, action]) => action)
    assert.deepEqual([...new Set(posts)], ["/portal/sign-out"], at)
  }
  const { text } = await visitor.get(endpoint)
  assert.doesNotMatch(text, /Show the secret|Rotate|Delete|Disable/)
  for (const [at, fields] of [
    [`${endpoint}/secret`, {}],
    [`${endpoint}/rotate`, { overlap: "0" }],
    [`${endpoint}/disable`, {}],
    [`${endpoint}/delete`, {}],
    [`/portal/${id}/keys`, { name: "more" }],
  ] as [string, Record<string, string>][]) {
    const answer = await visitor.post(at, fields)
    assert.equal(answer.status, 403, at)
    assert.doesNotMatch(answer.text, /whsec_|rbk_/)
  }
  assert.equal((await portal.call(`GET ${path}/endpoints`)).body.data[0].disabled, false)
})

test("a link's page names its tenant, and whoever was signed in on that browser is so no more", async () => {
  const ours = await makeTenant(portal, "Ours & <Co>")
  const theirs = await makeTenant(portal, "Theirs")
  const operator = await portal.signIn()
  for (const visitor of [
    operator,
    await portal.signIn(theirs.key),
    await portal.signIn(ours.key),
  ]) {
    const copied = portal.visitor()
    copied.cookie = visitor.cookie
    const token = tokenOf(await makeLink(ours.path, {}))
    const shown = await visitor.get(`/portal/link?token=${token.token}`)
    assert.match(words(shown.text), /Open the portal of Ours & <Co>/)
    const { location } = await visitor.post("/portal/link", token)
    assert.equal(location, `/portal/${ours.id}`)
    assert.notEqual(visitor.cookie, copied.cookie)
    assert.equal((await copied.get("/portal/tenants")).location, "/portal?ended")
    assert.equal((await copied.get(`/portal/${theirs.id}`)).location, "/portal?ended")
    assert.equal((await visitor.get(`/portal/${ours.id}`)).status, 200)
  }
  // By a key as well.
  const visitor = await portal.signIn(ours.key)
  const copied = portal.visitor()
  copied.cookie = visitor.cookie
  await visitor.post("/portal/sign-in", { key: theirs.key })
  assert.equal((await copied.get(`/portal/${ours.id}`)).location, "/portal?ended")
  assert.equal((await visitor.get(`/portal/${theirs.id}`)).status, 200)
})
