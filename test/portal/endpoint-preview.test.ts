import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { test } from "node:test"
import { transformExamples } from "@ringback/functions/portal/pages/transform-examples"
import { pumpAll } from "../harness/system.ts"
import { base, connectors, made, path, portal, URL_, visitor } from "./endpoint-form-set-up.ts"
import { words } from "./portal.ts"
import { sayCall } from "./say.ts"

const preview = async (fields: Record<string, string>) => {
  const { status, text } = await visitor.post(`${base}/endpoints/preview`, fields)
  assert.equal(status, 200)
  const shown = /<div id="preview"[^>]*>([^]*)<div class="actions"/.exec(text)![1]!
  return { text, shown: words(shown) }
}

for (const [name, { transform }] of Object.entries(transformExamples)) {
  test(`the example ${name} makes something of a finished call`, async () => {
    const wanted = { which: "some", patterns: "call.completed", event: "call.completed" }
    const fields = { kind: "webhook", url: URL_, transform, ...wanted }
    const { shown } = await preview(fields)
    assert.match(shown, /It would be sent/)
    assert.match(shown, /POST https:\/\/example.com\/hooks/)
    assert.match(shown, /number|CallSid|Call to|AdaptiveCard/)
  })
}

test("a preview is of a call that came in, by the form as it is now, and sends nothing", async () => {
  const source = await portal.call(`POST ${path}/sources`, { body: { name: "PBX" } })
  await portal.call(`POST ${path}/endpoints`, { body: { pull: true, eventTypes: ["call.*"] } })
  const uuid = randomUUID()
  await sayCall(portal, source.body.token, { uuid, number: "+4520123456" })
  await pumpAll(portal.stack, portal.deps)
  const form = await visitor.get(`${base}/endpoints/new?kind=hubspot`)
  const event = /value="(evt_[^"]*)"/.exec(form.text)?.[1]
  assert.ok(event, "the call is offered")
  // Its token is not there yet.
  const fields = { kind: "hubspot", auth: "bearer", country: "DK", event }
  const crm = await preview(fields)
  assert.match(crm.shown, /It would be logged by these requests/)
  assert.match(crm.shown, /https:\/\/api\.hubapi\.com\/crm\/objects/)
  assert.match(crm.shown, /20123456/)
  assert.ok(crm.text.includes('value="DK"'), "the form is as it was")

  const unwanted = await preview({
    kind: "webhook",
    which: "some",
    patterns: "campaign.*",
    event,
  })
  assert.match(unwanted.shown, /This event would not be sent/)
  const filtered = await preview({
    kind: "webhook",
    which: "some",
    patterns: "call.*",
    filter: '{"data.outcome": ["busy"]}',
    event,
  })
  assert.match(filtered.shown, /This event would not be sent/)
  const broken = await preview({ kind: "webhook", transform: "{", event })
  assert.match(broken.shown, /is not valid JSONata/)
  assert.match(broken.text, /id="transform-error"/)
  const masked = await preview({
    kind: "webhook",
    headers: "x-secret: hush",
    event: "queue.created",
  })
  assert.match(masked.shown, /x-secret: \*{8}/)
  // Beside the requests stands what they are made of: an example, or an event.
  const original = (shown: string) => shown.split("The original event")[1] ?? ""
  assert.match(original(masked.shown), /"type": "queue.created"/)
  assert.match(original(crm.shown), new RegExp(`"uuid": "${uuid}"`))
  assert.doesNotMatch(original(crm.shown), /"deliveries"|"headers"/)
})

test("an endpoint's own preview is of its own kind, whatever the form says", async () => {
  const { id } = await made({ kind: "pipedrive", ...connectors["pipedrive"]![0] })
  const fields = { ...connectors["pipedrive"]![0], kind: "webhook", event: "call.completed" }
  const { status, text } = await visitor.post(`${base}/endpoints/${id}/preview`, fields)
  assert.equal(status, 200)
  assert.match(words(text), /https:\/\/acme\.pipedrive\.com\//)
})

test("a preview of an endpoint's change keeps the version that is changed", async () => {
  const fields = { kind: "webhook", url: URL_, event: "call.completed", etag: '"7"' }
  const { text } = await preview(fields)
  assert.match(text, /name="etag" value="&quot;7&quot;"/)
})
