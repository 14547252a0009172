import assert from "node:assert/strict"
import { once } from "node:events"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test, type TestContext } from "node:test"
import { cli } from "./command.ts"
import { page, startStandIn } from "./stand-in.ts"

const TENANT = `ten_${"0".repeat(26)}`
const OTHER = `ten_${"1".repeat(26)}`
const events = (tenant = TENANT) => `GET /tenants/${tenant}/events`

function dataDir(t: TestContext, files: Record<string, string>): string {
  const dir = mkdtempSync(join(tmpdir(), "ringback-cli-"))
  t.after(() => rmSync(dir, { recursive: true }))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text)
  return dir
}

test("beside npm start no setting is needed: URL and key lie in the data directory", async (t) => {
  const api = await startStandIn(t, {
    "GET /tenants": page({ id: TENANT, name: "anything" }),
    [events()]: page(),
  })
  const dir = dataDir(t, {
    "operator-key": "rbo_kept\n",
    "ready.json": JSON.stringify({ ready: true, apiUrl: api.url }),
  })
  const { exitCode, err } = await cli(["events"], { RINGBACK_DATA_DIR: dir })
  assert.equal(err, "No events.\n")
  assert.equal(exitCode, 0)
  assert.equal(api.asked[0]!.authorization, "Bearer rbo_kept")
})

test("the laptop's operator key never goes to another machine", async (t) => {
  const dir = dataDir(t, { "operator-key": "rbo_kept" })
  const env = { RINGBACK_DATA_DIR: dir, RINGBACK_URL: "https://ringback.example.com" }
  const { exitCode, err } = await cli(["events"], env)
  assert.equal(exitCode, 2)
  assert.match(err, /set RINGBACK_KEY/)
})

test("no key goes to another machine that a directory's ready.json names", async (t) => {
  const api = await startStandIn(t, { [events()]: page() })
  const { port } = new URL(api.url)
  const key = `rbk_${"0".repeat(26)}_${"2".repeat(26)}_secret`
  const run = (apiUrl: string, url?: string) => {
    const dir = dataDir(t, { "ready.json": JSON.stringify({ ready: true, apiUrl }) })
    const env = { RINGBACK_DATA_DIR: dir, RINGBACK_KEY: key, ...(url && { RINGBACK_URL: url }) }
    return cli(["events"], env)
  }
  // 0.0.0.0 leads to the same server, and is not loopback.
  for (const host of [`0.0.0.0:${port}`, `127.0.0.1.example.com`, `127.0.0.1:1@0.0.0.0:${port}`]) {
    const { exitCode, err } = await run(`http://${host}`)
    assert.match(err, /ready\.json names .* not on this machine.*RINGBACK_URL/)
    assert.equal(exitCode, 2)
  }
  assert.deepEqual(api.asked, [])
  assert.equal((await run("https://ringback.example.com", api.url)).exitCode, 0)
  assert.equal((await run(`http://localhost:${port}`)).exitCode, 0)
  assert.equal((await run(api.url)).exitCode, 0)
  assert.equal(api.asked.length, 3)
})

test("a tenant's key says whose it is: nobody is asked", async (t) => {
  const api = await startStandIn(t, { [events()]: page() })
  const key = `rbk_${"0".repeat(26)}_${"2".repeat(26)}_secret`
  const { exitCode } = await cli(["events"], { RINGBACK_URL: api.url, RINGBACK_KEY: key })
  assert.equal(exitCode, 0)
  assert.deepEqual(
    api.asked.map(({ path }) => path),
    [`/tenants/${TENANT}/events`],
  )
})

test("of several tenants the one of npm start is meant, or the one that is named, else all are listed", async (t) => {
  const demo = { id: TENANT, name: "demo" }
  const answers = {
    "GET /tenants": page(demo, { id: OTHER, name: "acme" }),
    [events()]: page(),
    [events(OTHER)]: page(),
  }
  const api = await startStandIn(t, answers)
  const env = { RINGBACK_URL: api.url, RINGBACK_KEY: "operator" }
  const last = () => api.asked.at(-1)!.path
  assert.equal((await cli(["events"], env)).exitCode, 0)
  assert.equal(last(), `/tenants/${TENANT}/events`)
  for (const named of ["acme", OTHER]) {
    assert.equal((await cli(["events", "--tenant", named], env)).exitCode, 0)
    assert.equal(last(), `/tenants/${OTHER}/events`)
  }
  demo.name = "north"
  const { exitCode, err } = await cli(["events"], env)
  assert.equal(exitCode, 2)
  assert.match(err, new RegExp(`--tenant ID.*\n  ${TENANT}  north\n  ${OTHER}  acme\n`))
  const unknown = await cli(["--tenant", "nobody", "events"], env)
  assert.equal(unknown.exitCode, 2)
  assert.match(unknown.err, /No tenant is named "nobody"/)
})

const wrong: [line: string, says: RegExp][] = [
  ["", /Usage: ringback/],
  ["frobnicate", /unknown command 'frobnicate'/],
  ["lisen", /Did you mean listen\?/],
  ["trigger", /missing required argument 'type'/],
  ["events --limit 251", /number from 1 to 250/],
  ["events --after yesterday", /2026-11-22T06:27:40Z, or 10m/],
  ["events --colour red", /unknown option '--colour'/],
  ["deliveries --status lost", /Allowed choices are pending, delivered, failed, held, discarded/],
  ["retry", /missing required argument/],
  ["listen --forward-to nowhere", /--forward-to: "nowhere" is not an http or https URL/],
  ["--url ftp://x events", /--url: "ftp:\/\/x" is not an http or https URL/],
]
for (const [line, says] of wrong) {
  test(`"${line}" is a wrong command line: it says why, and exits with 2`, async () => {
    const args = line.split(" ").filter((word) => word !== "")
    const { exitCode, out, err } = await cli(args, { RINGBACK_KEY: "k" })
    assert.match(err, says)
    assert.equal(exitCode, 2)
    assert.equal(out, "")
  })
}

test("help and version are results, not errors", async () => {
  for (const args of [["--help"], ["events", "--help"], ["--version"]]) {
    const { exitCode, out, err } = await cli(args)
    assert.equal(exitCode, 0)
    assert.ok(out.length > 0)
    assert.equal(err, "")
  }
})

test("hints begin as the person began, so that they can be copied", async () => {
  const asked = await cli(["--help"], { npm_lifecycle_event: "cli" })
  assert.match(asked.out, /^Usage: npm run cli -- \[options\]/)
  assert.match(asked.out, /\n {2}npm run cli -- listen /)
  const wrong = await cli(["retry"], { npm_lifecycle_event: "cli" })
  assert.match(wrong.err, /\(npm run cli -- retry --help shows/)
})

test("nothing listens at the URL: it says so, and what to do", async () => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  await once(server.close(), "close")
  const { exitCode, err } = await cli(["events"], { RINGBACK_URL: url, RINGBACK_KEY: "k" })
  assert.equal(exitCode, 1)
  assert.equal(
    err,
    `ringback: ${url} cannot be reached (ECONNREFUSED). Is \`npm start\` running?\n`,
  )
})

test("what the API refuses is shown with its code and the fields", async (t) => {
  const problem = {
    title: "The request is not valid",
    code: "request.invalid",
    errors: [{ path: "/cursor", message: "is \u001b[31mtoo long" }],
  }
  const api = await startStandIn(t, { [events()]: { status: 400, body: problem } })
  const { exitCode, err } = await cli(["events", "--tenant", TENANT], {
    RINGBACK_URL: api.url,
    RINGBACK_KEY: "k",
  })
  assert.equal(exitCode, 2)
  assert.equal(
    err,
    "ringback: The request is not valid (request.invalid)\n  /cursor is ·[31mtoo long\n",
  )
})

test("an answer that is no JSON is not taken for one", async (t) => {
  const server = createServer((_, response) => response.end("<html>")).listen(0, "127.0.0.1")
  t.after(() => server.close())
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  const env = { RINGBACK_URL: `http://127.0.0.1:${port}`, RINGBACK_KEY: "k" }
  const { exitCode, err } = await cli(["events", "--tenant", TENANT], env)
  assert.equal(exitCode, 1)
  assert.match(err, /did not answer as Ringback's API does/)
})
