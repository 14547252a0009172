import assert from "node:assert/strict"
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { test } from "node:test"
import { cli } from "./command.ts"

// What other programs answer at a URL that is not Ringback's.
const strangers: [what: string, status: number, body: string][] = [
  ["an object", 200, "{}"],
  ["a list", 200, "[]"],
  ["null", 200, "null"],
  ["a number", 200, "7"],
  ["a page", 200, "<html></html>"],
  ["nothing", 200, ""],
  ["items of another shape", 200, '{"data":[{"name":7},null],"nextCursor":null}'],
  ["a list that is an object", 200, '{"data":{"id":"x"},"nextCursor":null}'],
  ["a cursor that is a number", 200, '{"data":[],"nextCursor":7}'],
  ["an error as text", 404, "not here"],
  ["errors that are text", 400, '{"code":"x","errors":"all of it"}'],
  ["errors that are objects of another shape", 422, '{"code":"x","errors":[{"field":"a"}]}'],
  ["a code that is a number", 404, '{"code":404,"message":"no"}'],
  ["null as an error", 500, "null"],
  ["a gateway's page", 502, "<html>Bad Gateway</html>"],
]

const TENANT = `ten_${"0".repeat(26)}`
const commands = [
  "events",
  "events evt_1",
  "deliveries",
  "deliveries dlv_1",
  "endpoints",
  "endpoints ep_1",
  "endpoints create https://x.example",
  "endpoints update ep_1 --rate-limit 1",
  "endpoints enable ep_1",
  "endpoints test ep_1",
  "endpoints secret ep_1",
  "endpoints rotate ep_1",
  "endpoints stats ep_1",
  "recover ep_1 --since 1h",
  "keys",
  "keys create x",
  "sources",
  "sources rotate src_1",
  "tenants",
  "tenants create x",
  "whoami",
  "records",
  "audit",
  "erase --uuid x --yes",
  "job job_1",
  "portal-link",
  "event-types",
  "event-types a.b",
  "trigger campaign.updated --source pbx",
  "listen",
]

for (const [what, status, body] of strangers) {
  test(`a URL that answers ${what} (${status}) is said not to be Ringback, by every command`, async (t) => {
    const server = createServer((request, response) => {
      request.resume().on("end", () => response.writeHead(status).end(body))
    }).listen(0, "127.0.0.1")
    t.after(() => {
      server.close()
      server.closeAllConnections()
    })
    await once(server, "listening")
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const env = { RINGBACK_URL: url, RINGBACK_KEY: `rbk_${TENANT.slice(4)}_k_s` }
    for (const command of commands) {
      const { exitCode, err } = await cli(command.split(" "), env)
      assert.match(
        err,
        new RegExp(`^ringback: ${url} (did not answer|answered ${status}, but not) as `),
      )
      assert.ok(!err.includes("    at "), err)
      assert.notEqual(exitCode, 0)
    }
  })
}
