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
import { callWebhook, nothing } from "./account.ts"

const room = new URL("../../packages/connectors/", import.meta.url)
const blocks = [
  ...readFileSync(new URL("README.md", room), "utf8").matchAll(/```ts\n([\s\S]*?)```/g),
].map(([, code = ""]) => code)

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
    const end = await run(ending(steps), { send, keep: async () => undefined })
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
  })
  assert.match(refused.words, /no such token: check connector\.auth/)
})

test("no code block of the guide is left out", () => {
  assert.equal(blocks.length, 1)
})
