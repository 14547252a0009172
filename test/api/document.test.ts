import assert from "node:assert/strict"
import { test } from "node:test"
import { eventTypes } from "@ringback/events/catalog"
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
