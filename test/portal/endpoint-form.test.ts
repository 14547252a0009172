import assert from "node:assert/strict"
import { test } from "node:test"
import { base, made, path, portal, URL_, visitor } from "./endpoint-form-set-up.ts"
import { words } from "./portal.ts"

test("each kind has a card, and a form of its own behind it", async () => {
  const { text } = await visitor.get(`${base}/endpoints/new`)
  const links = [...text.matchAll(/href="([^"]*endpoints\/new\?[^"]*)"/g)].map(([, to]) => to!)
  assert.equal(links.length, 9)
  const own: Record<string, string[]> = {
    webhook: ["url", "headers", "transform", "signing", "auth"],
    pull: ["transform", "signing"],
    hubspot: ["auth-token", "match", "live", "map", "disposition-answered"],
    salesforce: ["instanceUrl", "auth-clientSecret", "callIdField", "timeZone", "live"],
    pipedrive: ["companyDomain", "auth-token", "live"],
    zoho: ["dataCenter", "auth-refreshToken", "callIdField"],
  }
  const all = new Set(Object.values(own).flat())
  const seen = new Set<string>()
  for (const link of links) {
    const { status, text: form } = await visitor.get(link.replaceAll("&amp;", "&"))
    assert.equal(status, 200)
    const kind = /name="kind" value="(\w+)"/.exec(form)![1]!
    seen.add(kind)
    for (const name of all) {
      const isThere = form.includes(`name="${name}"`)
      if (own[kind]!.includes(name)) assert.ok(isThere, `${kind} has ${name}`)
    }
    for (const name of ["url", "instanceUrl", "companyDomain", "dataCenter", "headers"])
      assert.equal(form.includes(`name="${name}"`), own[kind]!.includes(name), `${kind}: ${name}`)
  }
  assert.deepEqual([...seen].sort(), Object.keys(own).sort())
})

test("a webhook's form makes what the API would, with all of its settings", async () => {
  const { body } = await made({
    kind: "webhook",
    url: URL_,
    description: "CRM",
    which: "some",
    patterns: "campaign.*, dialing.updated",
    filter: '{"data.status": [0, 1]}',
    transform: '{\r\n  "text": data.name\r\n}',
    order: "latest",
    auth: "basic",
    "auth-username": "ringback",
    "auth-password": "secret",
    "auth-token": "of another choice",
    rateLimit: "50",
    headers: "x-crm-account: 4711",
    metadata: "team: renewals",
    signing: "ed25519",
  })
  assert.equal(body.url, URL_)
  assert.deepEqual(body.eventTypes, ["campaign.*", "dialing.updated"])
  assert.deepEqual(body.filter, { "data.status": [0, 1] })
  assert.equal(body.transform, '{\n  "text": data.name\n}')
  assert.equal(body.order, "latest")
  assert.deepEqual(body.auth, { type: "basic", username: "ringback", password: null })
  assert.equal(body.rateLimit, 50)
  assert.deepEqual(body.headers, { "x-crm-account": "4711" })
  assert.deepEqual(body.metadata, { team: "renewals" })
  assert.equal(body.signing, "ed25519")
})

test("a url on another host asks beside the credentials for them, and takes them given again", async () => {
  const fields = { kind: "webhook", url: URL_, "auth-username": "ringback" }
  const { id } = await made({ ...fields, auth: "basic", "auth-password": "secret" })
  const edit = `${base}/endpoints/${id}/edit`
  assert.match(
    words((await visitor.get(edit)).text),
    /If the URL changes to another host, enter it again/,
  )
  const moved = { ...fields, url: "https://other.invalid/hook" }

  const refused = await visitor.post(edit, { ...moved, auth: "keep" })
  assert.equal(refused.status, 400)
  const fieldset = /<fieldset class="field auth">[^]*?<\/fieldset>/.exec(refused.text)![0]
  assert.match(words(fieldset), /The url has another host: give auth again/)
  assert.match(fieldset, /value="basic"\s+checked/)
  assert.match(fieldset, /name="auth-username"[^>]*value="ringback"/)
  assert.doesNotMatch(refused.text, /"secret"/)

  const saved = await visitor.post(edit, { ...moved, auth: "basic", "auth-password": "new" })
  assert.equal(saved.location, `${base}/endpoints/${id}?done=saved`, words(saved.text))
  const { body } = await portal.call(`GET ${path}/endpoints/${id}`)
  assert.equal(body.url, "https://other.invalid/hook")
  assert.deepEqual(body.auth, { type: "basic", username: "ringback", password: null })
})

test("a pull endpoint's page has the commands that fetch from it", async () => {
  const { id, text, body } = await made({ kind: "pull", description: "Warehouse", order: "any" })
  assert.equal(body.pull, true)
  assert.equal(body.url, null)
  for (const page of [text, (await visitor.get(`${base}/endpoints/${id}`)).text]) {
    assert.match(page, new RegExp(`/endpoints/${id}/messages&quot;`))
    assert.doesNotMatch(page, new RegExp(`${id}/test"`))
  }
})

test("who is signed in to look only sees no form", async () => {
  const key = await portal.call(`POST ${path}/keys`, { body: { name: "look", scope: "read" } })
  const reader = await portal.signIn(key.body.key)
  for (const at of ["/endpoints/new", "/endpoints/new?kind=hubspot"])
    assert.equal((await reader.get(`${base}${at}`)).location, `${base}/endpoints`)
  const { status } = await reader.post(`${base}/endpoints/new`, { kind: "webhook", url: URL_ })
  assert.equal(status, 403)
})

test("the fields that few need are shown where one of them has something", async () => {
  for (const [fields, isOpen] of [
    [{}, false],
    [{ headers: "x-a: b" }, true],
    [{ metadata: "a: b" }, true],
    [{ headers: "x-a: b", metadata: "a: b" }, true],
    [{ rateLimit: "5" }, true],
    [{ order: "latest" }, true],
  ] as const) {
    const { id } = await made({ kind: "webhook", url: URL_, ...fields })
    const { text } = await visitor.get(`${base}/endpoints/${id}/edit`)
    const [, open] = /<details class="more" (open)?[^>]*>\s*<summary>Headers/.exec(text)!
    assert.equal(open !== undefined, isOpen, JSON.stringify(fields))
  }
})
