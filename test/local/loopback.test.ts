import assert from "node:assert/strict"
import { test } from "node:test"
import { startReceiver } from "../harness/receiver.ts"
import { makeDir } from "../harness/directory.ts"
import { startRingback } from "../harness/ringback.ts"
import { until } from "../harness/until.ts"

type Made = { id: string; key: string }

test("npm start lets the operator's endpoints reach this machine, and no tenant's", async (t) => {
  const receiver = await startReceiver()
  t.after(() => receiver.close())
  const { url } = receiver
  const dir = makeDir()
  const env = { RINGBACK_DATA_DIR: dir, RINGBACK_DEMO: "0" }
  const allowing = { ...env, RINGBACK_ALLOWED_NETWORKS: "127.0.0.0/8" }
  const first = await startRingback(t, allowing)
  const { id: tenant } = await first.call<Made>("POST", "/tenants", { name: "acme" })
  const { key } = await first.call<Made>("POST", `/tenants/${tenant}/keys`, { name: "theirs" })
  const path = `/tenants/${tenant}/endpoints`
  const asTenant = (apiUrl: string, method: string, place: string, body: object) =>
    fetch(`${apiUrl}/v1${place}`, {
      method,
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    })
  const made = await asTenant(first.ready.apiUrl, "POST", path, { url: `${url}secret-path` })
  assert.equal(made.status, 201)
  const { id: theirs } = (await made.json()) as Made
  await first.kill()

  const second = await startRingback(t, env)
  const named = `Endpoint ${theirs} of tenant ${tenant} (${new URL(url).origin}) is refused: `
  await until(() => second.stderr().includes("To allow one: "), { what: second.stderr })
  assert.ok(second.stderr().includes(named), second.stderr())
  assert.doesNotMatch(second.stderr(), /secret-path/)

  const refused = await asTenant(second.ready.apiUrl, "POST", path, { url })
  assert.equal(refused.status, 400)
  assert.match(await refused.text(), /operator's key .* RINGBACK_ALLOWED_NETWORKS/)
  const { id } = await second.call<Made>("POST", path, { url })
  const source = await second.call<Made>("POST", `/tenants/${tenant}/sources`, { name: "pbx" })
  await second.call("POST", `/tenants/${tenant}/sources/${source.id}/test`, {})
  await until(() => receiver.arrived.length > 0)
  assert.equal(receiver.arrived[0]!.path, "/")
  const failed = await second.call<{ error: string }>("POST", `${path}/${theirs}/test`, {})
  assert.match(failed.error, /^refused: /)
  const changed = await asTenant(second.ready.apiUrl, "PATCH", `${path}/${id}`, { url })
  assert.equal(changed.status, 400)
  await second.kill()

  const third = await startRingback(t, env)
  await until(() => third.stderr().includes("To allow one: "), { what: third.stderr })
  assert.doesNotMatch(third.stderr(), new RegExp(id))
  await third.kill()
})
