import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { createServer } from "node:http"
import { hostname } from "node:os"
import { test } from "node:test"
import { Webhook } from "standardwebhooks"
import { verificationProblem } from "../../packages/cli/src/listen/verify.ts"
import { cli, startCli, until } from "./command.ts"
import type { Asked } from "./stand-in.ts"
import { BASE, SECRET, ENDPOINT, envOf, webhook, send, startApi } from "./listening.ts"

test("listen is an endpoint until it is stopped: verified webhooks, a line each", async (t) => {
  const api = await startApi(t)
  const listening = startCli(
    t,
    ["listen", "--event-types", "campaign.*, dialing.updated"],
    envOf(api),
  )
  await until("it listens", () => listening.written.err.includes(ENDPOINT))
  assert.match(api.receiverUrl(), /^http:\/\/127\.0\.0\.1:\d+\/$/)
  assert.deepEqual(api.registration()!.body!["eventTypes"], ["campaign.*", "dialing.updated"])
  assert.equal(await send(api.receiverUrl()), 204)
  assert.match(
    listening.written.out,
    /^\d\d:\d\d:\d\d  campaign\.updated      a3e3cc0e · spring·\[31m · start .* ✓ signature ok  evt_0+\n$/,
  )
  const url = api.receiverUrl()
  listening.stop()
  assert.equal((await listening.finished).exitCode, 0)
  assert.deepEqual(api.deleted(), [`${BASE}/endpoints/${ENDPOINT}`])
  await assert.rejects(send(url))
})

test("what is wrongly signed or stale is refused, and not forwarded", async (t) => {
  const api = await startApi(t)
  const forwarded: unknown[] = []
  const other = createServer((_, response) => (forwarded.push(1), response.end())).listen(
    0,
    "127.0.0.1",
  )
  t.after(() => other.close())
  await once(other, "listening")
  const { port } = other.address() as { port: number }
  const listening = startCli(t, ["listen", "--forward-to", `http://127.0.0.1:${port}`], envOf(api))
  await until("it listens", () => listening.written.err.includes(ENDPOINT))
  assert.equal(
    await send(api.receiverUrl(), `whsec_${Buffer.alloc(24, 8).toString("base64")}`),
    400,
  )
  assert.equal(await send(api.receiverUrl(), SECRET, new Date(Date.now() - 3_600_000)), 400)
  assert.equal((await fetch(api.receiverUrl(), { method: "POST", body: "junk" })).status, 400)
  assert.equal((await fetch(api.receiverUrl())).status, 405)
  const lines = listening.written.out.trimEnd().split("\n")
  assert.match(lines[0]!, /✗ signature wrong/)
  assert.match(lines[1]!, /✗ stale/)
  assert.match(lines[2]!, /✗ not signed/)
  assert.equal(forwarded.length, 0)
  listening.stop()
  await listening.finished
})

test("--forward-to posts the same bytes and headers, and answers as that receiver does", async (t) => {
  const api = await startApi(t)
  let status = 200
  const got: { headers: Record<string, unknown>; body: string }[] = []
  const other = createServer(async (request, response) => {
    let body = ""
    for await (const chunk of request) body += chunk
    got.push({ headers: request.headers, body })
    response.writeHead(status).end("answer")
  }).listen(0, "127.0.0.1")
  await once(other, "listening")
  const { port } = other.address() as { port: number }
  const listening = startCli(
    t,
    ["listen", "--json", "--forward-to", `http://127.0.0.1:${port}/hook`],
    envOf(api),
  )
  await until("it listens", () => listening.written.err.includes(ENDPOINT))
  assert.equal(await send(api.receiverUrl()), 200)
  status = 503
  assert.equal(await send(api.receiverUrl()), 503)
  // The CRM can verify by itself what was forwarded to it.
  const { headers, body } = got[0]!
  new Webhook(SECRET).verify(body, headers as Record<string, string>)
  other.close()
  other.closeAllConnections()
  assert.equal(await send(api.receiverUrl()), 502)
  const lines = listening.written.out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))
  assert.deepEqual(
    lines.map(({ verified }) => verified),
    [true, true, true],
  )
  assert.deepEqual(
    lines.map(({ forwarded }) => forwarded.statusCode),
    [200, 503, null],
  )
  assert.deepEqual(lines[0].webhook, webhook)
  listening.stop()
  await listening.finished
})

test("the endpoint of a listener that was killed is taken away by the next one; others are left alone", async (t) => {
  const gone = spawn(process.execPath, ["-e", ""])
  await once(gone, "exit")
  const mark = (value: string) => ({ "ringback-listen": value })
  const api = await startApi(t, [
    { id: "ep_crm", metadata: {} },
    { id: "ep_dead", metadata: mark(`${gone.pid}@${hostname()}`) },
    { id: "ep_alive", metadata: mark(`${process.pid}@${hostname()}`) },
    { id: "ep_elsewhere", metadata: mark(`${gone.pid}@another-host`) },
  ])
  const listening = startCli(t, ["listen"], envOf(api))
  await until("it listens", () => listening.written.err.includes(ENDPOINT))
  assert.deepEqual(api.deleted(), [`${BASE}/endpoints/ep_dead`])
  listening.stop()
  await listening.finished
})

test("as a process: Ctrl-C ends it in good order", async (t) => {
  const api = await startApi(t)
  const main = new URL("../../packages/cli/src/main.ts", import.meta.url).pathname
  const child = spawn(process.execPath, [main, "listen"], {
    env: { ...process.env, ...envOf(api) },
  })
  t.after(() => child.kill("SIGKILL"))
  let [out, err] = ["", ""]
  child.stdout.on("data", (chunk) => (out += chunk))
  child.stderr.on("data", (chunk) => (err += chunk))
  const exit = once(child, "exit")
  await until("it listens", () => err.includes(ENDPOINT))
  assert.equal(await send(api.receiverUrl()), 204)
  await until("it was shown", () => out.includes("signature ok"))
  assert.ok(!out.includes("\x1b"))
  child.kill("SIGINT")
  const [code] = await exit
  assert.equal(code, 0)
  assert.equal(api.deleted().length, 1)
})

test("what a new endpoint may have missed is asked for", async (t) => {
  const api = await startApi(t)
  const listening = startCli(t, ["listen"], envOf(api))
  const recovery = () => api.asked.find(({ path }) => path.endsWith(`${ENDPOINT}/recover`))
  await until("it was asked for", () => recovery() !== undefined)
  assert.deepEqual(recovery()!.body, { since: "2026-11-22T06:27:40.281Z" })
  listening.stop()
  assert.equal((await listening.finished).exitCode, 0)
})

test("colours on a terminal only, and never with NO_COLOR", async (t) => {
  const api = await startApi(t)
  for (const [isTTY, env, isColoured] of [
    [true, {}, true],
    [true, { NO_COLOR: "1" }, false],
    [false, {}, false],
    [false, { FORCE_COLOR: "1" }, true],
  ] as const) {
    const listening = startCli(t, ["listen"], { ...envOf(api), ...env }, isTTY)
    await until("it listens", () => listening.written.err.includes(ENDPOINT))
    await send(String(api.asked.findLast(({ method }: Asked) => method === "POST")!.body!["url"]))
    assert.equal(listening.written.out.includes("\x1b[32m"), isColoured)
    listening.stop()
    await listening.finished
  }
})

test("one good signature among several is enough, as during a rotation", () => {
  const now = Date.now()
  const body = Buffer.from("{}")
  const timestamp = `${Math.floor(now / 1000)}`
  const good = new Webhook(SECRET).sign("evt_1", new Date(now), "{}")
  const wrong = (signature: string) =>
    verificationProblem({ id: "evt_1", timestamp, signature }, body, SECRET, now)
  assert.equal(wrong(`v1,AAAA v1a,BBBB ${good}`), undefined)
  assert.equal(wrong(good.replace("v1,", "v2,")), "signature wrong")
  assert.equal(wrong(""), "not signed")
  assert.equal(
    verificationProblem({ id: "evt_2", timestamp, signature: good }, body, SECRET, now),
    "signature wrong",
  )
})

test("the secret is shown, the same at each run, another for another tenant or key", async (t) => {
  const secrets: unknown[] = []
  for (let run = 0; run < 2; run++) {
    const api = await startApi(t)
    const listening = startCli(t, ["listen"], envOf(api))
    await until("it listens", () => listening.written.err.includes(ENDPOINT))
    assert.ok(listening.written.err.includes(`Signing secret: ${SECRET} (the same at each run)`))
    secrets.push(api.registration()!.body!["secret"])
    listening.stop()
    await listening.finished
  }
  const print = async (key: string) =>
    (await cli(["listen", "--print-secret"], { RINGBACK_KEY: key })).out.trimEnd()
  const own = await print(`rbk_${"0".repeat(26)}_k_s`)
  assert.match(own, /^whsec_[A-Za-z0-9+/]{43}=$/)
  assert.deepEqual(secrets, [own, own])
  assert.notEqual(await print(`rbk_${"1".repeat(26)}_k_s`), own)
  assert.notEqual(await print(`rbk_${"0".repeat(26)}_k_t`), own)
})

test("in a terminal of 80 columns a webhook takes one line", async (t) => {
  const api = await startApi(t)
  const listening = startCli(t, ["listen"], { ...envOf(api), NO_COLOR: "1" }, true)
  await until("it listens", () => listening.written.err.includes(ENDPOINT))
  await send(api.receiverUrl())
  const line = listening.written.out.trimEnd()
  assert.match(line, /campaign\.updated +a3e3cc0e · spring·\[31m · start .* ✓$/)
  assert.ok(line.length <= 80, `${line.length}`)
  listening.stop()
  await listening.finished
})
