import assert from "node:assert/strict"
import { test } from "node:test"
import { processesWith } from "../harness/processes.ts"
import { makeDir } from "../harness/directory.ts"
import { startRingback } from "../harness/ringback.ts"

const HEAVY = JSON.stringify({
  url: "https://example.invalid/",
  eventTypes: Array.from({ length: 9_000 }, () => "é"),
})

test("/healthz answers while the engines are busy and 20 heavy bodies of a tenant wait", async (t) => {
  const dir = makeDir()
  const { ready, call, kill } = await startRingback(t, {
    RINGBACK_DATA_DIR: dir,
    RINGBACK_DEMO: "0",
  })
  const { id } = await call<{ id: string }>("POST", "/tenants", { name: "heavy" })
  const { key } = await call<{ key: string }>("POST", `/tenants/${id}/keys`, { name: "key" })

  // As busy as an engine can be: it answers nothing.
  const engines = processesWith(dir)
  assert.ok(engines.length >= 2)
  const signal = (name: NodeJS.Signals) => engines.forEach((pid) => process.kill(pid, name))
  let isStopped = true
  t.after(() => isStopped && signal("SIGCONT"))
  signal("SIGSTOP")

  let answered = 0
  const heavy = Array.from({ length: 20 }, async () => {
    const response = await fetch(`${ready.apiUrl}/v1/tenants/${id}/endpoints`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: HEAVY,
    })
    answered += 1
    return response.status
  })
  assert.equal((await fetch(`${ready.apiUrl}/healthz`)).status, 200)
  assert.equal(answered, 0)

  signal("SIGCONT")
  isStopped = false
  assert.deepEqual(new Set(await Promise.all(heavy)), new Set([400]))
  assert.equal((await fetch(`${ready.apiUrl}/healthz`)).status, 200)
  await kill()
})
