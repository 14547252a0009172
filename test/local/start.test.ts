import assert from "node:assert/strict"
import { once } from "node:events"
import { existsSync, readFileSync } from "node:fs"
import { createServer, type AddressInfo } from "node:net"
import { networkInterfaces } from "node:os"
import { join } from "node:path"
import { describe, it, type TestContext } from "node:test"
import { canConnect } from "../harness/can-connect.ts"
import { makeDir } from "../harness/directory.ts"
import { spawnRingback, startRingback } from "../harness/ringback.ts"
import { until } from "../harness/until.ts"

/** Must end at once with that one line, and without a word on stdout. */
async function assertRefused(t: TestContext, env: Record<string, string>, line: RegExp) {
  const ringback = spawnRingback(t, env)
  assert.equal(await ringback.ended, 2)
  assert.match(ringback.stderr(), line)
  assert.equal(ringback.stderr().trimEnd().split("\n").length, 1)
  assert.equal(ringback.stdout(), "")
}

describe("npm start", { concurrency: 2 }, () => {
  it("it says on stdout once that it is up, shows verified webhooks, and ends cleanly", async (t) => {
    const dir = makeDir()
    const ringback = await startRingback(t, { RINGBACK_DATA_DIR: dir })
    const { ready } = ringback
    assert.equal(ready.ready, true)
    assert.equal(ready.pid, ringback.child.pid)
    assert.equal(ready.docsUrl, `${ready.apiUrl}/docs`)
    assert.equal(ready.ingestQueueUrl, `${ready.awsEndpointSqs}/000000000000/RingbackIngest`)
    assert.deepEqual(JSON.parse(readFileSync(join(dir, "ready.json"), "utf8")), ready)
    assert.equal((await fetch(`${ready.apiUrl}/healthz`)).status, 200)
    await until(() => /dialing\.deleted .* signature ok/.test(ringback.stderr()), {
      what: ringback.stderr,
    })
    assert.doesNotMatch(ringback.stderr(), /WRONG/)

    await ringback.kill("SIGTERM")
    assert.equal(await ringback.ended, 0)
    assert.equal(ringback.stdout().trimEnd(), JSON.stringify(ready))
    assert.equal(existsSync(join(dir, "ready.json")), false)
  })

  it("ends cleanly at a signal in the middle of its start", async (t) => {
    const dir = makeDir()
    const ringback = spawnRingback(t, { RINGBACK_DATA_DIR: dir })
    await until(() => existsSync(join(dir, "sqs")))
    ringback.child.kill("SIGINT")
    assert.equal(await ringback.ended, 0)
    assert.doesNotMatch(ringback.stderr(), /Error/)
  })

  it("all of it listens on 127.0.0.1 alone", async (t) => {
    const ringback = await startRingback(t, { RINGBACK_DATA_DIR: makeDir(), RINGBACK_DEMO: "0" })
    await until(() => ringback.stderr().includes("Try"))
    const urls = ringback.stderr().match(/http:\/\/127\.0\.0\.1:\d+/g)!
    assert.equal(new Set(urls).size, 3)
    const others = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ address, scopeid }) => address !== "127.0.0.1" && !scopeid)
      .map(({ address }) => address)
    for (const url of urls) {
      assert.equal(await canConnect("127.0.0.1", url), true)
      for (const address of [...others, "127.0.0.2", "::1"]) {
        assert.equal(await canConnect(address, url), false, `${address} ${url}`)
      }
    }
    await ringback.kill()
  })

  it("a taken port is one line with the port and its setting, exit 2", async (t) => {
    const server = createServer().listen(0, "127.0.0.1")
    await once(server, "listening")
    const port = String((server.address() as AddressInfo).port)
    for (const setting of ["RINGBACK_PORT", "RINGBACK_SQS_PORT", "RINGBACK_DYNAMODB_PORT"]) {
      const env = { RINGBACK_DATA_DIR: makeDir(), [setting]: port }
      await assertRefused(t, env, new RegExp(`^ringback: ${setting}: port ${port} is taken`))
    }
    server.close()
  })

  it("a data directory in use is one line with its setting, exit 2; SIGKILL sets it free", async (t) => {
    const dir = makeDir()
    const env = { RINGBACK_DATA_DIR: dir, RINGBACK_DEMO: "0" }
    const first = await startRingback(t, env)
    await assertRefused(t, env, /^ringback: RINGBACK_DATA_DIR: .* is in use/)
    await first.kill("SIGKILL")
    const second = await startRingback(t, env)
    await second.kill()
    assert.equal(await second.ended, 0)
  })

  it("a data directory that can never be made is one line with its setting, exit 2", async (t) => {
    for (const dir of ["/proc/x", "/proc/x/y/z", "/dev/null/x"]) {
      const line =
        /^ringback: RINGBACK_DATA_DIR: .* cannot be made \((ENOENT|ENOTDIR|EACCES|EPERM)\)/
      await assertRefused(t, { RINGBACK_DATA_DIR: dir }, line)
    }
  })

  it("wrong settings are one line each, exit 2", async (t) => {
    const dir = makeDir()
    await assertRefused(t, { RINGBACK_PORT: "web" }, /^ringback: RINGBACK_PORT: must be a port/)
    await assertRefused(
      t,
      { RINGBACK_DATA_DIR: dir, AWS_ENDPOINT_URL_SQS: "http://127.0.0.1:9" },
      /^ringback: AWS_ENDPOINT_URL_SQS: http:\/\/127\.0\.0\.1:9 cannot be reached/,
    )
    await assertRefused(
      t,
      { RINGBACK_DATA_DIR: dir, AMI_HOST: "127.0.0.1", AMI_USERNAME: "me" },
      /^ringback: AMI_SECRET is missing/,
    )
  })
})
