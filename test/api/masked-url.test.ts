import assert from "node:assert/strict"
import { test } from "node:test"
import { withMaskedUrls } from "@ringback/functions/api/masked-url"
import { answer, startReceiver } from "../harness/receiver.ts"
import { startApi } from "./api.ts"
import { makeWorld } from "./world.ts"

test("each URL of a text is masked behind its origin, and the rest stays", () => {
  assert.equal(
    withMaskedUrls("to https://a.example/s3cret?k=1 and http://b.example"),
    "to https://a.example/******** and http://b.example",
  )
  assert.equal(withMaskedUrls("answered 500"), "answered 500")
})

test("a key that only reads does not see where a redirect leads, others do", async (t) => {
  const api = await startApi()
  t.after(() => api.close())
  const receiver = await startReceiver()
  t.after(() => receiver.close())
  const secret = `${receiver.url}s3cret`
  receiver.behave((_, response) => answer(response, 308, { location: `${secret}/` }))
  const { path, key, ids } = await makeWorld(api, secret)
  const reading = await api.call(`POST ${path}/keys`, { body: { name: "looks", scope: "read" } })
  const errorFor = async (caller: string) => {
    const { body } = await api.call(`GET ${path}/deliveries/${ids["deliveryId"]}`, { key: caller })
    return body.attempts[0].error as string
  }
  assert.match(await errorFor(key), /redirects are not followed.*s3cret/)
  const shown = await errorFor(reading.body.secret ?? reading.body.key)
  assert.match(shown, /redirects are not followed/)
  assert.doesNotMatch(shown, /s3cret/)
})
