import assert from "node:assert/strict"
import { test } from "node:test"
import { base, connectors, made, path, portal, visitor } from "./endpoint-form-set-up.ts"
import { words } from "./portal.ts"

for (const [kind, [fields, settings]] of Object.entries(connectors)) {
  test(`${kind}'s form makes a connector, which is shown, and changed with its credentials kept`, async () => {
    const { id, text, body } = await made({ kind, ...fields })
    assert.match(text, /Run the test/)
    const { connector } = body
    for (const [name, value] of Object.entries(settings))
      assert.deepEqual(connector[name], value, name)
    const page = words((await visitor.get(`${base}/endpoints/${id}`)).text)
    assert.match(page, /Authentication (a bearer token|OAuth 2)/)
    assert.doesNotMatch(page, /Show the secret/)
    // As a browser sends it that changed the country alone.
    const again = { ...fields, kind, auth: "keep", country: "SE" }
    const saved = await visitor.post(`${base}/endpoints/${id}/edit`, again)
    assert.equal(saved.location, `${base}/endpoints/${id}?done=saved`, words(saved.text))
    const { body: after } = await portal.call(`GET ${path}/endpoints/${id}`)
    assert.deepEqual(after.connector, { ...connector, country: "SE" })
    const { body: audit } = await portal.call(`GET ${path}/audit?target=${id}`)
    assert.doesNotMatch(JSON.stringify(audit.data[0].changes), /auth/)
  })
}
