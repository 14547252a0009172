import assert from "node:assert/strict"
import { test } from "node:test"
import { cli } from "./command.ts"
import { startStandIn } from "./stand-in.ts"

const TENANT = `ten_${"0".repeat(26)}`

test("preview shows each request, with what an endpoint would be made of", async (t) => {
  const body = {
    matches: false,
    requests: [
      {
        method: "PUT",
        url: "https://crm.example.com/x",
        headers: { authorization: "********" },
        body: "{}",
      },
    ],
    error: "not wanted by its transform",
  }
  const { url, asked } = await startStandIn(t, {
    [`GET /tenants/${TENANT}`]: { body: { id: TENANT, name: "Acme" } },
    "GET /whoami": { body: { kind: "tenant", tenantId: TENANT, scope: "read" } },
    [`POST /tenants/${TENANT}/endpoints/preview`]: { body },
  })
  const env = { RINGBACK_URL: url, RINGBACK_KEY: `rbk_${"0".repeat(26)}_k_s` }
  const options = [
    "--transform",
    "{}",
    "--connector",
    '{"kind":"hubspot"}',
    "--filter",
    "data.status=0",
  ]
  const shown = await cli(["preview", "call.completed", ...options], env)
  assert.equal(shown.exitCode, 0, shown.err)
  assert.match(shown.out, /PUT https:\/\/crm\.example\.com\/x\nauthorization: \*+\n\{\}/)
  assert.match(shown.err, /not wanted by its transform\n.*do not match this event/)
  assert.deepEqual(asked.at(-1)?.body, {
    transform: "{}",
    connector: { kind: "hubspot" },
    filter: { "data.status": [0] },
    event: "call.completed",
  })
  assert.deepEqual(JSON.parse((await cli(["preview", "--json"], env)).out), body)
})
