import assert from "node:assert/strict"
import { test } from "node:test"
import { eventTypes } from "@ringback/events/documented-event-types"
import committed from "../../functions/api/openapi.json" with { type: "json" }
import { problems } from "@ringback/functions/api/problem"
import { makeDocument } from "@ringback/functions/api/openapi"
import { route } from "@ringback/functions/api/route"
import { routes } from "@ringback/functions/api/routes"
import { version } from "@ringback/functions/runtime/version"
import { document, operations, validatorAt } from "./conformance.ts"

test("the committed document is what the routes say (else: npm run openapi -w functions)", () => {
  assert.deepEqual(committed, JSON.parse(JSON.stringify(makeDocument(routes, version))))
})

test("every example in it is valid", () => {
  for (const { path, method, operation } of operations) {
    const place = ["paths", path, method.toLowerCase()]
    const body = operation.requestBody?.content["application/json"]
    const examples: [string[], unknown][] = body
      ? [[[...place, "requestBody", "content", "application/json", "schema"], body.example]]
      : []
    for (const [status, answer] of Object.entries(operation.responses)) {
      const content = answer["content"] as Record<string, { example?: unknown }> | undefined
      const example = content?.["application/json"]?.example
      if (example === undefined) continue
      examples.push([
        [...place, "responses", status, "content", "application/json", "schema"],
        example,
      ])
    }
    for (const [at, example] of examples) {
      const validate = validatorAt(...at)
      assert.ok(validate(example), `${at.join(" ")}: ${JSON.stringify(validate.errors)}`)
    }
  }
})

type Schema = Record<string, unknown>

/** Every schema below that value, with the path to it. */
function* schemasIn(value: unknown, path: string[] = []): Iterable<[path: string[], Schema]> {
  if (typeof value !== "object" || value === null) return
  for (const [key, each] of Object.entries(value)) {
    const isData = ["example", "examples", "enum", "mapping"].includes(key)
    const isProperty = path.at(-1) === "properties"
    if (!isData || isProperty) yield* schemasIn(each, [...path, key])
  }
  if (!Array.isArray(value) && path.at(-1) !== "properties") yield [path, value as Schema]
}

test("every object, enum and union is a schema with a name: generators invent none", () => {
  const { schemas } = document.components
  for (const [path, schema] of schemasIn(document)) {
    const isNamed = path.length === 3 && path[1] === "schemas"
    const { anyOf = [], oneOf } = schema as { anyOf?: Schema[]; oneOf?: Schema[] }
    const values = anyOf.filter(({ type }) => type !== "null")
    const needsName = "properties" in schema || "enum" in schema || oneOf || values.length > 1
    assert.ok(isNamed || !needsName, path.join(" "))
  }
  const names = Object.keys(schemas)
  for (const name of names) assert.match(name, /^(?!New)[A-Z][A-Za-z0-9]*$/)
  const folded = new Set(names.map((name) => name.toLowerCase()))
  assert.equal(folded.size, names.length)
  for (const { operation } of operations)
    assert.ok(!names.includes(`${operation.operationId}Response`))
})

test("lists and webhooks are called after what is in them", () => {
  for (const { operation } of operations) {
    if (!operation.parameters.some(({ name }) => name === "cursor")) continue
    const { content } = operation.responses[200] as {
      content: Record<string, { schema: { $ref: string } }>
    }
    const name = content["application/json"]!.schema.$ref.split("/").at(-1)!
    const { data } = document.components.schemas[name]!["properties"] as { data?: Schema }
    const isList = data?.["type"] === "array"
    assert.ok(!isList || name.endsWith("Page"), name)
  }
  const bodies = Object.values(document.webhooks).map(
    ({ post }) => post.requestBody!.content["application/json"].schema,
  )
  for (const { $ref } of bodies) assert.match(String($ref), /Webhook$/)
  assert.deepEqual(document.components.schemas["Webhook"]!["oneOf"], bodies)
})

test("nothing in its schemas is written as generators misread it", () => {
  for (const [path, schema] of schemasIn(document)) {
    const at = path.join(" ")
    assert.ok(!("default" in schema) || path.at(-1) === "responses", at)
    assert.ok(!("prefixItems" in schema), at)
    assert.notEqual(typeof schema["const"], "boolean", at)
    for (const each of (schema["anyOf"] ?? []) as Schema[]) assert.ok(!("anyOf" in each), at)
  }
})

test("it tells of every event type and of every error", () => {
  assert.deepEqual(
    Object.keys(document.webhooks),
    eventTypes.map(({ type }) => type),
  )
  const told = Object.keys(document.components.responses).flatMap((name) => name.split("-"))
  // An operation cannot tell what another method would answer.
  const expected = Object.keys(problems).filter((code) => code !== "method.not_allowed")
  assert.deepEqual([...new Set(told)].toSorted(), expected.toSorted())
})

test("a route that does not say who may use it cannot be declared", () => {
  const nothing = {
    operationId: "x",
    tag: "x",
    summary: "x",
    answers: {},
    handle: () => ({ status: 200 }),
  }
  // @ts-expect-error: no access
  const declare = () => route({ ...nothing, method: "get", path: "/v1/tenants/{tenantId}/new" })
  assert.throws(declare, /cannot be guarded/)
  const unguarded = () =>
    route({ ...nothing, method: "get", path: "/v1/tenants/{tenantId}/new", access: "key" })
  assert.throws(unguarded, /cannot be guarded/)
  const nobodys = () => route({ ...nothing, method: "get", path: "/v1/new", access: "tenant" })
  assert.throws(nobodys, /cannot be guarded/)
})
