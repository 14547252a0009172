import assert from "node:assert/strict"
import { test } from "node:test"
import { openSandbox } from "@ringback/webhooks/sandbox"

test("the process has no environment, and cannot read files", async () => {
  const sandboxes = openSandbox()
  await sandboxes.evaluate("tnt_a", "1", "{}")
  const { readdirSync, readFileSync } = await import("node:fs")
  const children = readdirSync("/proc")
    .filter((each) => /^\d+$/.test(each))
    .filter((pid) => {
      try {
        const isOurs = readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("ringback-sandbox")
        return isOurs && readFileSync(`/proc/${pid}/stat`, "utf8").includes(` ${process.pid} `)
      } catch {
        return false
      }
    })
  assert.ok(children.length > 0)
  for (const pid of children) {
    const environment = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").filter(Boolean)
    // Node itself hands these on: the channel always, the other one while coverage is measured.
    assert.deepEqual(
      environment.filter((each) => !/^NODE_(CHANNEL_|V8_COVERAGE=)/.test(each)),
      [],
    )
    assert.match(readFileSync(`/proc/${pid}/cmdline`, "utf8"), /--permission/)
  }
  sandboxes.close()
})

test("who waits too long behind his own slow expressions is told so; others have their turns between", async (t) => {
  const crowded = openSandbox()
  t.after(crowded.close)
  const slow = Array.from({ length: 80 }, () =>
    crowded.evaluate("tnt_slow", "($f := function($n){ $f($n + 1) }; $f(0))", "{}"),
  )
  const last = crowded.evaluate("tnt_slow", `"mine"`, "{}")
  const others = ["tnt_b", "tnt_c"].map((tenant) => crowded.evaluate(tenant, `"mine"`, "{}"))
  const value = { result: "value", json: `"mine"` }
  assert.deepEqual(await Promise.all(others), [value, value])
  const results = new Set((await Promise.all(slow)).map(({ result }) => result))
  assert.deepEqual(results, new Set(["late", "busy"]))
  assert.equal((await last).result, "busy")
  assert.deepEqual(await crowded.evaluate("tnt_slow", `"mine"`, "{}"), value)
})
