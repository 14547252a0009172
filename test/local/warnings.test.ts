import { failuresTo, withWarnings } from "@ringback/local/warnings"
import assert from "node:assert/strict"
import { test } from "node:test"

function hear() {
  const heard: string[] = []
  const say = (text = "") => void heard.push(text)
  return { heard, output: { say, warn: (text: string) => say(`! ${text}`) } }
}

test("what keeps the workers from their work is said, each reason once a minute", () => {
  const { heard, output } = hear()
  let now = 0
  const fail = failuresTo(output, "Not now", () => now)
  const full = new Error("database or disk is full")
  fail(full)
  now = 59_999
  fail(full)
  fail(new Error("another"))
  now = 60_000
  fail(full)
  const line = (reason: string) => `! Not now: Error: ${reason}`
  fail(new Error(`${"x".repeat(300)}\nx-amz-security-token:secret`))
  const cut = line("x".repeat(300)).slice(0, "! Not now: ".length + 200)
  assert.deepEqual(heard, [line(full.message), line("another"), line(full.message), cut])
})

test("of the collector a person hears alarms and their end, and all of it is in the log", () => {
  const { heard, output } = hear()
  const logged: string[] = []
  const log = withWarnings(output, (event) => void logged.push(event), { isDemo: false })
  log("session.connected", { alarm: false })
  log("queue.unreachable", { alarm: true, reason: "disk full" })
  log("collector.minute")
  log("queue.reachable", { spoolDepth: 0 })
  const gap = { from: "2026-11-26T04:34:45.000Z", to: "2026-11-26T04:34:57.000Z" }
  log("gap", { alarm: true, reason: "restarted", ...gap })
  assert.deepEqual(heard, [
    "Connected to the PBX.",
    "! queue.unreachable: disk full",
    "The queue is reachable again.",
    `! gap: restarted, the PBX was not read from ${gap.from} to ${gap.to}`,
  ])
  assert.deepEqual(logged, [
    "session.connected",
    "queue.unreachable",
    "collector.minute",
    "queue.reachable",
    "gap",
  ])
})

test("of the collector a person hears what can be mended, and how", () => {
  const { heard, output } = hear()
  const log = withWarnings(output, () => {}, { isDemo: false })
  log("lists.refused", { fix: "write=command for this user" })
  log("events.not-permitted", {
    alarm: true,
    reason: "no class message",
    fix: "read=message,system",
  })
  assert.deepEqual(heard, [
    "! lists.refused: write=command for this user",
    "! events.not-permitted: no class message; fix: read=message,system",
  ])
})

test("that the demo's PBX began with us is no news, but a full disk is", () => {
  const { heard, output } = hear()
  const log = withWarnings(output, () => {}, { isDemo: true })
  log("session.connected")
  log("session.waiting", { alarm: true, reason: "closed" })
  log("gap", { alarm: true, reason: "restarted" })
  // It has no lists to ask for.
  log("lists.refused", { fix: "write=command for this user" })
  log("spool.memory", { alarm: true, reason: "ENOSPC" })
  assert.deepEqual(heard, ["! spool.memory: ENOSPC"])
})
