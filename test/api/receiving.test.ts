import assert from "node:assert/strict"
import { test } from "node:test"
import { createRequire } from "node:module"
import { Ajv } from "ajv"
import { Ajv2020 } from "ajv/dist/2020.js"
import addFormats from "ajv-formats"
import asyncapi from "../../functions/api/asyncapi.json" with { type: "json" }
import assets from "../../functions/portal/assets.json" with { type: "json" }
import committedGuides from "../../functions/api/guides.json" with { type: "json" }
import { eventTypes } from "@ringback/events/documented-event-types"
import { docsHeaders } from "@ringback/functions/api/docs"
import { makeDocuments } from "@ringback/functions/api/documents"
import { guidePage, guidePath, guides } from "@ringback/functions/api/guides"
import { llmsText } from "@ringback/functions/api/llms"

const require = createRequire(import.meta.url)

test("the committed documents are up to date (else: npm run openapi -w functions)", () => {
  const made = JSON.parse(JSON.stringify(makeDocuments())) as Record<string, unknown>
  assert.deepEqual(asyncapi, made["asyncapi.json"])
  assert.deepEqual(committedGuides, made["guides.json"])
  assert.deepEqual(assets, made["../portal/assets.json"])
})

test("the AsyncAPI document is valid by AsyncAPI's own schema", () => {
  const schema = require("@asyncapi/specs/schemas/3.0.0-without-$id.json") as object
  const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false })
  addFormats.default(ajv)
  const validate = ajv.compile(schema)
  assert.ok(validate(asyncapi), JSON.stringify(validate.errors?.slice(0, 5)))
  const wrong = { ...asyncapi, operations: { deliver: { action: "shout" } } }
  assert.ok(!validate(wrong))
})

test("it has every event type, and each example fits its message and no other", () => {
  const { messages } = asyncapi.components
  assert.deepEqual(
    Object.keys(messages),
    eventTypes.map(({ type }) => type),
  )
  assert.deepEqual(Object.keys(asyncapi.channels.endpoint.messages), Object.keys(messages))
  const ajv = new Ajv2020({ strict: false }).addSchema(asyncapi, "asyncapi")
  for (const { name, payload } of Object.values(messages)) {
    const validate = ajv.compile({ $ref: `asyncapi${payload.$ref}` })
    const valid = eventTypes.filter(({ example }) => validate(example))
    assert.deepEqual(
      valid.map(({ type }) => type),
      [name],
    )
  }
})

for (const guide of guides) {
  test(`${guidePath(guide)} needs nothing from elsewhere, runs no script but its own, and leads to what is there`, () => {
    const page = guidePage(guide)
    assert.equal(page.match(/<script/g)?.length, 1)
    assert.match(page, /<script src="\/portal\/assets\/docs\.[0-9a-f]{12}\.js" defer><\/script>/)
    assert.doesNotMatch(page, /<iframe|<img|@import|\burl\(|\son\w+="|\sstyle="/)
    assert.match(
      docsHeaders["content-security-policy"],
      /^default-src 'none'; script-src 'self'; style-src 'sha256-/,
    )
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
    assert.equal(new Set(ids).size, ids.length)
    for (const [, target] of page.matchAll(/href="#([^"]+)"/g))
      assert.ok(ids.includes(target), target)
    const known = ["/docs", "/portal", "/asyncapi.json", ...guides.map(guidePath)]
    for (const [, target] of page.matchAll(/href="([^#"h][^#"]*)/g))
      assert.ok(target === "data:," || known.includes(target!), target)
    assert.ok(committedGuides[guide.name].headings.length > 1)
  })
}

test("llms.txt names the reference, both documents and every guide", () => {
  const text = llmsText()
  for (const path of ["/docs", "/openapi.json", "/asyncapi.json", ...guides.map(guidePath)])
    assert.ok(text.includes(`](${path})`), path)
})
