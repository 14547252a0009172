import assert from "node:assert/strict"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { callOf } from "@ringback/connectors/call"
import type { Connector } from "@ringback/connectors/connector"
import { run } from "@ringback/connectors/run"
import { ending, type Answer, type Request } from "@ringback/connectors/step"
import * as v from "valibot"
import { common } from "@ringback/connectors/settings"
import { openSandbox } from "@ringback/webhooks/sandbox"
import { requestOf } from "@ringback/webhooks/transform"
import { callWebhook, nothing } from "./account.ts"

const room = new URL("../../packages/connectors/", import.meta.url)
const text = readFileSync(new URL("README.md", room), "utf8")
const blocks = [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = ""]) => code)

const folder = mkdtempSync(join(tmpdir(), "ringback-guide-"))
after(() => rmSync(folder, { recursive: true }))

/** The guide's connector, as if it lay in the room. */
async function loadLedger(): Promise<Connector> {
  const code = blocks.find((each) => each.includes("const ledger"))!
  const valibot = import.meta.resolve("valibot")
  const here = code
    .replace(/"\.\/([\w-]+)\.ts"/g, (_, name: string) =>
      JSON.stringify(new URL(`src/${name}.ts`, room).href),
    )
    .replace('"valibot"', JSON.stringify(valibot))
  const file = join(folder, "ledger.ts")
  writeFileSync(file, here)
  return ((await import(file)) as { ledger: Connector }).ledger
}

test("the guide's fifth CRM finds its person and logs a call once", async () => {
  const ledger = await loadLedger()
  const settings = v.parse(v.strictObject({ ...common, ...(ledger.settings as v.ObjectEntries) }), {
    auth: { type: "bearer", token: "t" },
  }) as Parameters<Connector["log"]>[0]["settings"]
  const calls = new Map<string, unknown>()
  const send = async ({ method, path, body }: Request): Promise<Answer> => {
    if (method === "PUT") calls.set(path, body)
    const people = [
      { id: "p1", phone: "+4620123456" },
      { id: "p2", phone: "+45 20123456" },
    ]
    return { statusCode: 200, headers: {}, body: { people } }
  }
  const call = callOf(callWebhook())!
  for (let time = 0; time < 2; time++) {
    const steps = ledger.log({ call, settings, fields: { region: "north" }, memory: nothing() })
    const end = await run(ending(steps), {
      send,
      keep: async () => undefined,
      person: async () => ({}),
    })
    assert.equal(end.end, "logged", end.words)
  }
  assert.equal(calls.size, 1)
  const [body] = [...calls.values()] as Record<string, unknown>[]
  assert.deepEqual(
    [body?.["person"], body?.["outcome"], body?.["seconds"], body?.["region"]],
    ["p2", "answered", 29, "north"],
  )
  const refused = await run(ending(ledger.check(settings)), {
    send: async () => ({ statusCode: 401, headers: {}, body: { error: "no such token" } }),
    keep: async () => undefined,
    person: async () => ({}),
  })
  assert.match(refused.words, /no such token: check connector\.auth/)
})

const recipes = [...text.matchAll(/```jsonata\n([\s\S]*?)```/g)].map(([, code = ""]) => code)

/** What a recipe makes of an answered call, as it would be sent. */
async function cook(part: string): Promise<{ contentType: string; body: string }> {
  const sandbox = openSandbox()
  try {
    const recipe = recipes.find((each) => each.includes(part))!
    const body = JSON.stringify(callWebhook())
    const url = "https://example.com/"
    const sent = requestOf(await sandbox.evaluate("tnt_a", recipe, body), {
      url,
      body,
      authHeader: undefined,
    })
    assert.equal(sent.result, "send", JSON.stringify(sent))
    return sent as { contentType: string; body: string }
  } finally {
    sandbox.close()
  }
}

test("the recipes make what Slack, Teams, catch hooks, callbacks and CloudEvents want", async () => {
  assert.deepEqual(JSON.parse((await cook("Call to")).body), {
    text: "Call to +4520123456: answered, 29.419 s",
  })
  const teams = JSON.parse((await cook("AdaptiveCard")).body)
  assert.equal(teams.attachments[0].content.body[0].text, "spring renewals: +4520123456, answered")
  const flat = JSON.parse((await cook('"customer"')).body)
  assert.deepEqual(
    [flat.number, flat.customer, flat.campaign],
    ["+4520123456", "10042", "spring renewals"],
  )
  const callback = await cook("CallSid")
  assert.equal(callback.contentType, "application/x-www-form-urlencoded")
  const form = Object.fromEntries(new URLSearchParams(callback.body))
  assert.deepEqual([form["To"], form["CallStatus"]], ["+4520123456", "completed"])
  const event = await cook("specversion")
  assert.equal(event.contentType, "application/cloudevents+json")
  assert.equal(JSON.parse(event.body).type, "call.completed")
})

test("no code block of the guide is left out", () => {
  assert.equal(blocks.length, 1)
  assert.equal(recipes.length, 5)
})
