import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { UpdateItemCommand } from "@aws-sdk/client-dynamodb"
import { marshall } from "@aws-sdk/util-dynamodb"
import { operatorPages } from "@ringback/functions/portal/pages"
import { endpointKey } from "@ringback/store/item-keys"
import { makeTenant } from "../api/api.ts"
import { makeClients } from "../harness/stack.ts"
import { startPortal, words, type TestPortal } from "./portal.ts"

// What a page says where it cannot show or do what it was asked for: in words, and with a way on.

let portal: TestPortal
before(async () => {
  portal = await startPortal()
})
after(() => portal.close())

/** Its text, without the markup, and whether a link or button of it leads there. */
const leadsTo = (text: string, href: string) => text.includes(`href="${href}"`)

test("a session that may only look is told so by every change that it tries, and changes nothing", async () => {
  const { id, path } = await makeTenant(portal)
  const { body: source } = await portal.call(`POST ${path}/sources`, { body: { name: "PBX" } })
  const { body: endpoint } = await portal.call(`POST ${path}/endpoints`, {
    body: { url: "https://example.com/" },
  })
  const { body: key } = await portal.call(`POST ${path}/keys`, {
    body: { name: "reader", scope: "read" },
  })
  const reader = await portal.signIn(key.key)
  const base = `/portal/${id}`
  const changes = {
    [`${base}/sources/new`]: { name: "another" },
    [`${base}/sources/${source.id}/delete`]: {},
    [`${base}/endpoints/${endpoint.id}/disable`]: {},
    [`${base}/endpoints/${endpoint.id}/secret`]: {},
    [`${base}/keys`]: { name: "another" },
  }
  for (const [at, form] of Object.entries(changes)) {
    const { status, text } = await reader.post(at, form)
    assert.equal(status, 403, at)
    assert.match(words(text), /Your access is read-only/, at)
    assert.match(words(text), /Nothing was changed/, at)
    assert.ok(leadsTo(text, base), at)
  }
  const { body: after } = await portal.call(`GET ${path}/endpoints/${endpoint.id}`)
  assert.deepEqual([after.disabled, after.revision], [false, endpoint.revision])
  assert.equal((await portal.call(`GET ${path}/sources`)).body.data.length, 1)
  // What it may do, it can still do.
  const home = await reader.get(base)
  assert.equal(home.status, 200)
  assert.match(words(home.text), /Signed in, read-only/)
})

test("a tenant at a page of the operator's is told whose it is, in its own portal's frame", async () => {
  const { id, key } = await makeTenant(portal)
  const tenant = await portal.signIn(key)
  for (const { method, path } of operatorPages) {
    if (method !== "get" || path.includes(":")) continue
    const { status, text } = await tenant.get(`/portal${path}`)
    assert.equal(status, 403, path)
    assert.match(words(text), /This page is for the operator only/, path)
    assert.match(words(text), /needs the operator's key/, path)
    // The menu, and a button.
    assert.ok(leadsTo(text, `/portal/${id}/deliveries`), path)
    assert.match(words(text), /To the overview/, path)
  }
})

test("an address that nothing is at says so, and leads on", async () => {
  const { id, key } = await makeTenant(portal)
  const tenant = await portal.signIn(key)
  for (const at of [
    "/portal/nonsense",
    `/portal/${id}/nonsense`,
    `/portal/${id}/endpoints/ep_06fzk3vq8r2m5x0c9d7g4h1jtw`,
    "/portal/ten_06fzk3vq8r2m5x0c9d7g4h1jtw",
  ]) {
    const { status, text } = await tenant.get(at)
    assert.equal(status, 404, at)
    assert.match(words(text), /Not found/, at)
    assert.ok(leadsTo(text, `/portal/${id}`), at)
    assert.ok(leadsTo(text, `/portal/${id}/deliveries`), at)
  }
  const operator = await portal.signIn()
  const lost = await operator.get("/portal/nonsense")
  assert.equal(lost.status, 404)
  assert.match(words(lost.text), /To the start page/)
  // Who is not signed in is not told what there is.
  assert.equal((await portal.visitor().get("/portal/nonsense")).location, "/portal")
})

test("a session that ended is told of only where there was one", async () => {
  const { id, path, key } = await makeTenant(portal)
  const visitor = await portal.signIn(key)
  const { body: keys } = await portal.call(`GET ${path}/keys`)
  await portal.call(`DELETE ${path}/keys/${keys.data[0].id}`)
  const stranger = portal.visitor()
  for (const at of ["/portal/typo", `/portal/${id}`, `/portal/${id}/calls`, "/portal/tenants"]) {
    assert.equal((await stranger.get(at)).location, "/portal", at)
    assert.equal((await visitor.get(at)).location, "/portal?ended", at)
  }
  const form = await stranger.post(`/portal/${id}/sources/new`, { name: "PBX" })
  assert.equal(form.location, "/portal")
  // Signing out leaves nothing of a session behind.
  await visitor.post("/portal/sign-out")
  assert.equal((await visitor.get(`/portal/${id}`)).location, "/portal")
})

test("a page whose data cannot be read says that it is not the reader's fault, and can be tried again", async () => {
  const { id, path, key } = await makeTenant(portal)
  const { body: endpoint } = await portal.call(`POST ${path}/endpoints`, {
    body: { url: "https://example.com/" },
  })
  // Written by a release that this one does not know.
  await portal.stack.dynamodb.send(
    new UpdateItemCommand({
      TableName: portal.stack.tableName,
      Key: marshall(endpointKey(id, endpoint.id)),
      UpdateExpression: "SET eventTypes = :unknown",
      ExpressionAttributeValues: marshall({ ":unknown": 99 }),
    }),
  )
  const tenant = await portal.signIn(key)
  const { status, text } = await tenant.get(`/portal/${id}?window=day`)
  assert.equal(status, 500)
  assert.match(words(text), /Something went wrong on our side/)
  assert.match(words(text), /give your operator this id: [0-9a-f-]{36}/)
  assert.ok(leadsTo(text, `/portal/${id}?window=day`))
  assert.match(words(text), /Try again .*To the overview/)
})

test("while the table is unreachable a page says so, and a form is not offered to be sent again", async () => {
  const { id, key } = await makeTenant(portal)
  const tenant = await portal.signIn(key)
  const { sqsUrl } = portal.stack
  const clients = makeClients({ sqsUrl })
  const cut = await startPortal({ stack: portal.stack, clients })
  const visitor = cut.visitor()
  visitor.cookie = tenant.cookie
  const shown = await visitor.get(`/portal/${id}/deliveries?status=failed`)
  assert.equal(shown.status, 500)
  assert.match(words(shown.text), /Something went wrong on our side/)
  assert.match(words(shown.text), /Try again/)
  assert.ok(leadsTo(shown.text, `/portal/${id}/deliveries?status=failed`))
  const sent = await visitor.post(`/portal/${id}/keys`, { name: "a" })
  assert.equal(sent.status, 500)
  assert.ok(!leadsTo(sent.text, `/portal/${id}/keys`))
  assert.match(words(sent.text), /To the start page/)
  clients.close()
})

test("a page that follows what happens is told that its session is over, others are led to sign in", async () => {
  const { id, path, key } = await makeTenant(portal)
  const { body: other } = await portal.call(`POST ${path}/keys`, { key, body: { name: "b" } })
  const visitor = await portal.signIn(other.key)
  assert.equal((await visitor.get(`/portal/${id}`)).status, 200)
  await portal.call(`DELETE ${path}/keys/${other.id}`)
  const poll = await visitor.get(`/portal/${id}`, { "hx-request": "true", "portal-live": "true" })
  assert.deepEqual([poll.status, poll.text], [401, ""])
  assert.equal((await visitor.get(`/portal/${id}`)).location, "/portal?ended")
})

test("a long name is whole in its title, wherever it is cut", async () => {
  const { id, path, key } = await makeTenant(portal)
  const long = `A PBX with "quotes" & a name of ${"very ".repeat(20)}many words`
  await portal.call(`POST ${path}/sources`, { body: { name: long } })
  const tenant = await portal.signIn(key)
  for (const at of [`/portal/${id}`, `/portal/${id}/sources`]) {
    const { text } = await tenant.get(at)
    const titles = [...text.matchAll(/class="clip"[^>]*>\s*<bdi title="([^"]*)"/g)]
    assert.ok(
      titles.some(([, title]) => words(title!) === long),
      at,
    )
  }
})
