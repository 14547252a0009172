import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { makeDir } from "../harness/directory.ts"
import { operatorKey, startRingback } from "../harness/ringback.ts"
import { until } from "./command.ts"

const readme = readFileSync(new URL("../../packages/cli/README.md", import.meta.url), "utf8")
const blocks = [...readme.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, code]) => code!)
const main = new URL("../../packages/cli/src/main.ts", import.meta.url).pathname

type Named = { id: string }

test("every command of the guide does what it says, beside a real npm start", async (t) => {
  const dir = makeDir()
  const ringback = await startRingback(t, { RINGBACK_DATA_DIR: dir, RINGBACK_DEMO: "0" })
  writeFileSync(join(dir, "ringback"), `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`, {
    mode: 0o755,
  })
  const env = {
    PATH: `${dir}:${process.env["PATH"]}`,
    HOME: dir,
    RINGBACK_DATA_DIR: dir,
    RINGBACK_OPERATOR_KEY: operatorKey,
  }
  /** Runs a script to its end. One that listens is interrupted, as by Ctrl-C, once it says that it listens. */
  async function run(script: string) {
    const child = spawn("bash", ["-ec", script], { cwd: dir, env })
    let out = ""
    let isInterrupted = false
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => {
        out += chunk.toString()
        if (isInterrupted || !out.includes("Ctrl-C ends")) return
        isInterrupted = true
        child.kill("SIGINT")
      })
    const [code] = (await once(child, "close")) as [number]
    assert.equal(code, 0, `${script}\n${out}`)
    return out
  }

  const { id: tenant } = await ringback.call<Named>("POST", "/tenants", { name: "demo" })
  const at = `/tenants/${tenant}`
  const endpoint = await ringback.call<Named>("POST", `${at}/endpoints`, {
    url: "http://127.0.0.1:9/",
  })
  const { id: source } = await ringback.call<Named>("POST", `${at}/sources`, { name: "demo" })
  const event = await ringback.call<{ eventId: string }>("POST", `${at}/sources/${source}/test`, {})
  let delivery: string | undefined
  await until("there is a delivery", async () => {
    const path = `${at}/deliveries?endpointId=${endpoint.id}`
    delivery = (await ringback.call<{ data: Named[] }>("GET", path)).data[0]?.id
    return delivery !== undefined
  })
  const ids = { ep: endpoint.id, evt: event.eventId, dlv: delivery! }

  const commands = blocks.flatMap((block) => block.trimEnd().split("\n"))
  assert.ok(commands.length >= 20)
  for (const command of commands) {
    const filled = command.replace(
      /\b(ep|evt|dlv)_\.\.\./g,
      (_, kind: keyof typeof ids) => ids[kind],
    )
    const isEndless = /^ringback listen(?!.*--print-secret)/.test(filled)
    const out = await run(isEndless ? `exec ${filled}` : filled)
    if (isEndless)
      assert.match(out, /Signing secret: whsec_.*\nListening as ep_.*\nep_.* was removed/)
  }
  await ringback.kill()
})
