import assert from "node:assert/strict"
import { test } from "node:test"
import { setImmediate as turn } from "node:timers/promises"
import type { AmiMessage } from "@ringback/ami/message"
import { SettingsWatch } from "@ringback/collector/settings-watch"

function setUp(answer: (command: string) => Promise<AmiMessage>) {
  const intake = { hasTaken: false, newestTimestamp: null as number | null }
  const logged: [string, Record<string, unknown>][] = []
  const commands: string[] = []
  const watch = new SettingsWatch({
    intake: intake as never,
    send(action) {
      const command = String(action["Command"])
      commands.push(command)
      return answer(command)
    },
    log: (event, fields = {}) => void logged.push([event, fields]),
  })
  const check = async (user: string, sessionMs: number | null) => {
    watch.check(user, sessionMs)
    await turn()
    return logged.splice(0)
  }
  return { intake, commands, check }
}

const output = (line: string): AmiMessage => ({
  kind: "response",
  name: "Success",
  headers: [
    ["Response", "Success"],
    ["Output", line],
  ],
})

test("events without a Timestamp are told of once, and again when that changes", async () => {
  const { intake, check } = setUp(() => Promise.reject(new Error("not asked")))
  assert.deepEqual(await check("user", null), [], "before the first event")
  intake.hasTaken = true
  const fix = "timestampevents=yes in manager.conf, or twins send dllist and queue events twice"
  assert.deepEqual(await check("user", null), [["events.no-timestamp", { fix }]])
  assert.deepEqual(await check("user", null), [])
  intake.newestTimestamp = 1
  assert.deepEqual(await check("user", null), [["events.timestamp", {}]])
  assert.deepEqual(await check("user", null), [])
})

test("each user's classes are asked for once, in a session that has lasted three seconds", async () => {
  const { commands, check } = setUp(async () => output("read perm: system"))
  for (const sessionMs of [null, 0, 2_999]) assert.deepEqual(await check("u.ser@1", sessionMs), [])
  assert.deepEqual(commands, [])
  const said = {
    alarm: true,
    reason: "this user may not read the class message, so no dialler events arrive",
    fix: "read=message,system for this user in manager.conf (no space after the comma)",
  }
  assert.deepEqual(await check("u.ser@1", 3_000), [["events.not-permitted", said]])
  assert.deepEqual(await check("u.ser@1", 9_000), [])
  assert.deepEqual(await check("a user", 9_000), [["events.not-permitted", said]])
  assert.deepEqual(commands, ["manager show user u.ser@1", 'manager show user "a user"'])
})

test("nothing is said of a user that may read them, or whose classes nobody tells", async () => {
  for (const classes of ["system,message", "all", " message "]) {
    const { check } = setUp(async () => output(`Read perm: ${classes}`))
    assert.deepEqual(await check("user", 9_000), [], classes)
  }
  for (const answer of [() => Promise.reject(new Error("lost")), async () => output("No such")])
    assert.deepEqual(await setUp(answer).check("user", 9_000), [])
})
