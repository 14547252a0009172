import assert from "node:assert/strict"
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { openStorage } from "@ringback/collector/spool/storage"
import { makeSpoolDir } from "../harness/collector.ts"

const PAGE = 4_096

for (const [what, isBroken] of [
  ["known records", (page: Buffer) => page.includes("uuid-1")],
  ["facts", (page: Buffer) => page.includes("knownTo")],
  ["a page in the middle", (_: Buffer, at: number, count: number) => at === count >> 1],
] as const) {
  test(`a state with damage to ${what} is renamed, and the collector starts with a new one`, async (t) => {
    const { dir, remove } = makeSpoolDir()
    t.after(remove)
    const lines: [string, Record<string, unknown>][] = []
    const log = (event: string, fields = {}) => void lines.push([event, fields])
    const open = () => openStorage({ dir, maxBytes: 1e8, log, now: () => 7 })
    const first = await open()
    for (let index = 0; index < 3_000; index++)
      first.known.set("dialing", `uuid-${index}`, "x".repeat(30))
    first.checkpoint()
    await first.close()
    const path = join(dir, "state.sqlite")
    const bytes = readFileSync(path)
    const count = bytes.length / PAGE
    let brokenCount = 0
    for (let at = 1; at < count; at++) {
      const page = bytes.subarray(at * PAGE, (at + 1) * PAGE)
      if (!isBroken(page, at, count)) continue
      page.fill(0xa5)
      brokenCount++
    }
    assert.ok(brokenCount > 0)
    writeFileSync(path, bytes)
    const second = await open()
    const reason = "state.sqlite was damaged and has been renamed"
    assert.deepEqual(lines, [["state.trouble", { alarm: true, dir, reason }]])
    assert.equal(second.trouble(), reason)
    assert.equal(second.known.of("dialing").size, 0)
    assert.ok(readdirSync(dir).includes("state.sqlite.damaged-7"))
    await second.close()
    lines.length = 0
    const third = await open()
    assert.deepEqual([lines, third.trouble()], [[], null])
    await third.close()
  })
}

test("a state that cannot be opened, and is not damaged, stays where it is: the collector keeps its own in memory", async (t) => {
  const { dir, remove } = makeSpoolDir()
  t.after(remove)
  mkdirSync(join(dir, "state.sqlite"))
  const lines: [string, Record<string, unknown>][] = []
  const log = (event: string, fields = {}) => void lines.push([event, fields])
  const storage = await openStorage({ dir, maxBytes: 1e8, log, now: () => 7 })
  const [[event, { alarm, reason }]] = lines as [[string, Record<string, unknown>]]
  assert.deepEqual([event, alarm, storage.trouble()], ["state.trouble", true, reason])
  assert.match(String(reason), /EISDIR/)
  assert.deepEqual(
    readdirSync(dir).filter((name) => name.startsWith("state")),
    ["state.sqlite"],
  )
  await storage.close()
})
