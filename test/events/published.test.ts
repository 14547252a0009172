import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"
import { toJsonSchema } from "@valibot/to-json-schema"
import { eventTypes } from "@ringback/events/documented-event-types"

// What receivers were given: the API's document has each example, the receiver's package each schema. Both are generated
// from the catalog and committed, so that a change of the catalog shows in a review.
const readJson = (path: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), "utf8"))

type Published = {
  webhooks: Record<
    string,
    {
      post: {
        description: string
        requestBody: { content: { "application/json": { example: unknown } } }
      }
    }
  >
}
const { webhooks } = readJson("functions/api/openapi.json") as Published

for (const { type, description, schema, example } of eventTypes) {
  test(`${type}: example and schema are those that were published`, () => {
    const { post } = webhooks[type]!
    assert.equal(description, post.description)
    assert.deepEqual(example, post.requestBody.content["application/json"].example)
    const { $schema, ...rest } = toJsonSchema(schema, {
      target: "draft-2020-12",
      typeMode: "input",
    })
    assert.deepEqual(
      { $schema, title: type, description, ...rest },
      readJson(`packages/receiver/schemas/${type}.json`),
    )
  })
}

test("nothing is published that the catalog has not", () => {
  assert.deepEqual(
    Object.keys(webhooks),
    eventTypes.map(({ type }) => type),
  )
})
