import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { parseSourceToken } from "@ringback/events/token"
import * as ApiKey from "@ringback/store/api-key"
import { secretProblem } from "@ringback/webhooks/secret"
import { startReceiver, type TestReceiver } from "../harness/receiver.ts"
import { startApi, type Sent, type TestApi } from "./api.ts"
import { document, neededQuery, operations, type Operation } from "./conformance.ts"
import { fill, makeWorld } from "./world.ts"

let api: TestApi
let receiver: TestReceiver
before(async () => {
  api = await startApi()
  receiver = await startReceiver()
})
after(async () => {
  await receiver.close()
  await api.close()
})

type Json = Record<string, unknown>
type Request = { what: string; query?: string; sent: Sent }

const schemaAt = (schema: Json): Json => {
  const name = ((schema["$ref"] ?? "") as string).split("/").at(-1)!
  return name === "" ? schema : document.components.schemas[name]!
}

const examplesOf = (schema: Json) => (schema["examples"] ?? []) as unknown[]

/** A request for each example of that operation: of its body, of each field in it, of each parameter. */
function requestsOf(operation: Operation): Request[] {
  const { requestBody, parameters } = operation
  const needed = new URLSearchParams(neededQuery(operation))
  const { example, schema } = requestBody?.content["application/json"] ?? {}
  const body = example === undefined ? {} : { body: example }
  const { properties = {}, required = [] } = schemaAt(schema ?? {}) as {
    properties?: Record<string, Json>
    required?: string[]
  }
  // An endpoint has a url, a connector, or is fetched from, which no schema of one object says.
  const all = operation.operationId === "createEndpoint" ? [...required, "url"] : required
  const neededFields = Object.fromEntries(all.map((name) => [name, (example as Json)[name]]))
  const ofFields = Object.entries(properties).flatMap(([name, property]) =>
    examplesOf(property).map((value) => ({
      what: name,
      sent: { body: { ...neededFields, [name]: value } },
    })),
  )
  const ofParameters = parameters.flatMap(({ name, in: place, schema: own }) =>
    examplesOf(own).flatMap((value): Request[] => {
      if (place === "header")
        return [{ what: name, sent: { ...body, headers: { [name]: String(value) } } }]
      const query = `?${new URLSearchParams({ ...Object.fromEntries(needed), [name]: String(value) })}`
      return place === "query" ? [{ what: name, query, sent: body }] : []
    }),
  )
  const query = neededQuery(operation)
  return [...ofParameters, { what: "as a whole", query, sent: body }, ...ofFields]
}

// The ids in a path are those of things that are there: an example of one names its form.
for (const { method, path, operation } of operations) {
  test(`the examples of ${operation.operationId} succeed as they are`, async () => {
    for (const { what, query = "", sent } of requestsOf(operation)) {
      // One request may stand in the way of the next.
      const { ids, token } = await makeWorld(api, receiver.url)
      const key = operation.security.some((each) => "sourceToken" in each) ? { key: token } : {}
      const answer = await api.call(`${method} ${fill(path, ids)}${query}`, { ...key, ...sent })
      assert.ok(answer.status < 300, `${what}: ${JSON.stringify(sent)} ${answer.text}`)
    }
  })
}

/** Every text in the document, however deep. */
function* textsIn(value: unknown): Iterable<string> {
  if (typeof value === "string") yield value
  if (typeof value !== "object" || value === null) return
  for (const each of Object.values(value)) yield* textsIn(each)
}

test("no example is a usable secret", async () => {
  for (const text of textsIn(document)) {
    for (const [word] of text.matchAll(/\b(whsec|whsk|rbk|rbs)_\S+/g)) {
      assert.ok(secretProblem(word, "hmac"), word)
      assert.ok(secretProblem(word, "ed25519"), word)
      assert.equal(parseSourceToken(word), undefined)
      assert.equal(await ApiKey.verify(api.deps.table, word), undefined)
    }
  }
  for (const { operation } of operations) {
    const schema = operation.requestBody?.content["application/json"].schema
    const { properties = {} } = schemaAt(schema ?? {}) as { properties?: Record<string, Json> }
    for (const [name, property] of Object.entries(properties)) {
      if (/secret|token|password/i.test(name)) assert.deepEqual(examplesOf(property), [], name)
    }
  }
})

test("an example of a public key is one: 32 bytes", () => {
  const keys = [...textsIn(document)].flatMap((text) => [...text.matchAll(/^whpk_(.+)$/g)])
  assert.ok(keys.length > 0)
  for (const [text, base64] of keys) {
    assert.equal(Buffer.from(base64!, "base64").length, 32)
    // The head of a DER key: what comes after it is cut off.
    assert.doesNotMatch(text, /^whpk_MCowBQYDK2Vw/)
  }
})
