import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { after, before, describe, test } from "node:test"
import { kinds, logSteps, type Kind } from "@ringback/connectors/kinds"
import { startApi, type TestApi } from "../api/api.ts"
import { makeWorld, type World } from "../api/world.ts"
import { startReceiver, type TestReceiver } from "../harness/receiver.ts"
import { callWebhook, nothing, openAccount, settingsOf, take } from "./account.ts"

const text = readFileSync(new URL("../../packages/connectors/GUIDE.md", import.meta.url), "utf8")
const blocks = [...text.matchAll(/```(\w+)\n([\s\S]*?)```/g)]
const rows = [...text.matchAll(/^\| (\w+) +\| (\d{3}) +\| (.+?) +\|$/gm)]

let api: TestApi
let receiver: TestReceiver
let world: World
before(async () => {
  receiver = await startReceiver()
  api = await startApi()
  world = await makeWorld(api, receiver.url)
})
after(async () => {
  await api.deps.testOutbound.close()
  await receiver.close()
  await api.close()
})

describe("the guide for tenants", () => {
  test("each body makes an endpoint, shows its requests, and no CRM is left out", async () => {
    const path = `/v1/tenants/${world.ids["tenantId"]}/endpoints`
    const made = new Set<unknown>()
    for (const [, language, code = ""] of blocks) {
      assert.equal(language, "json")
      const body = JSON.parse(code) as { connector: { kind: string } }
      const { status } = await api.call(`POST ${path}`, { key: world.key, body })
      assert.equal(status, 201, code)
      const shown = await api.call(`POST ${path}/preview`, { key: world.key, body })
      assert.equal(shown.body["error"], null)
      assert.ok((shown.body["requests"] as unknown[]).length > 0)
      made.add(body.connector.kind)
    }
    assert.deepEqual(made, new Set(kinds))
  })

  test("the words of each refusal are those that a delivery says", async () => {
    assert.equal(rows.length, 2 * kinds.length)
    for (const [, kind, status, words = ""] of rows) {
      const settings = settingsOf(kind as Kind)
      const about = { webhook: callWebhook(), settings, fields: {}, memory: nothing() }
      const refusal = { statusCode: Number(status), headers: {}, body: {} }
      const account = openAccount(kind as Kind, [])
      const end = await take(account, settings, logSteps(about), nothing(), () => refusal)
      assert.ok(end.words.includes(words), `${kind} ${status}: ${end.words}`)
    }
  })
})
