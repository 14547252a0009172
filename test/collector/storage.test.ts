import assert from "node:assert/strict"
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import type { Log } from "@ringback/collector/log"
import { openStorage } from "@ringback/collector/spool/storage"
import { check } from "@ringback/collector/check"
import { readSettings } from "@ringback/collector/settings"
import { makeSqs } from "@ringback/collector/sqs"
import { makeSpoolDir, makeToken } from "../harness/collector.ts"

const open = (dir: string) => openStorage({ dir, maxBytes: 1_000_000, log: () => {}, now: () => 0 })
const headers = (event: string, uuid: string) => [
  ["Event", event],
  ["Uuid", uuid],
]
const messageOf = (event: string, uuid: string) =>
  JSON.stringify({ v: 1, kind: "event", receivedAt: 1, headers: headers(event, uuid) })

test("what the spool has and the saved state has not is known after a start", async (t) => {
  const { dir, remove } = makeSpoolDir()
  t.after(remove)
  const first = await open(dir)
  for (const [event, uuid] of [
    ["OutPlanCreate", "kept"],
    ["OutPlanCreate", "gone"],
    ["OutPlanDelete", "gone"],
    ["Hangup", "none"],
  ] as const)
    first.spool.append(messageOf(event, uuid))
  await first.spool.flush()
  assert.equal(first.known.of("plan").size, 0, "nothing told it")
  await first.close()
  const second = await open(dir)
  assert.deepEqual([...second.known.of("plan").keys()], ["kept"])
  assert.equal(second.collector, first.collector)
  await second.close()
})

test("what was sent is not sent again by the next run", async (t) => {
  const { dir, remove } = makeSpoolDir()
  t.after(remove)
  const first = await open(dir)
  for (const uuid of ["sent", "left"]) first.spool.append(messageOf("Hangup", uuid))
  await first.spool.flush()
  const [sent, left] = first.spool.take(10, 1e6)
  first.spool.done([sent!])
  first.checkpoint()
  const position = first.state.get("acknowledged")
  assert.equal(Number(position), sent!.end)
  first.checkpoint()
  assert.equal(first.state.get("acknowledged"), position)
  assert.ok(left)
  await first.close()
  const second = await open(dir)
  assert.equal(second.spool.depth, 1)
  const [again] = second.spool.take(10, 1e6)
  assert.match(again!.bytes.toString("latin1", again!.from, again!.to), /"left"/)
  await second.close()
})

test("a directory is one collector's, until it is closed", async (t) => {
  const { dir, remove } = makeSpoolDir()
  t.after(remove)
  const first = await open(dir)
  const inUse = { name: "SettingError", message: /^RINGBACK_SPOOL_DIR names .* is using$/ }
  await assert.rejects(open(dir), inUse)
  assert.equal(first.trouble(), null)
  await first.close()
  const second = await open(dir)
  await second.close()
})

test("a state that cannot be written is the directory's trouble, until a write succeeds", async (t) => {
  const { dir, remove } = makeSpoolDir()
  t.after(remove)
  const storage = await open(dir)
  storage.state.database.exec("PRAGMA query_only = ON")
  storage.remember("name", "refused")
  assert.equal(storage.trouble(), "attempt to write a readonly database")
  assert.equal(storage.state.get("name"), undefined)
  storage.state.database.exec("PRAGMA query_only = OFF")
  storage.remember("name", "kept")
  assert.equal(storage.trouble(), null)
  assert.equal(storage.state.get("name"), "kept")
  await storage.close()
})

test("a directory that cannot be made is named, with the reason", async (t) => {
  const { dir, remove } = makeSpoolDir()
  t.after(remove)
  const path = join(dir, "file")
  writeFileSync(path, "")
  const message = `RINGBACK_SPOOL_DIR names ${path}, which cannot be created (EEXIST)`
  await assert.rejects(open(path), { name: "SettingError", message })
})

test("a directory that cannot be locked is not written to: messages wait in memory, and leave from there", async (t) => {
  const { dir, remove } = makeSpoolDir()
  t.after(remove)
  mkdirSync(join(dir, "lock"))
  const logged: unknown[] = []
  const log: Log = (event, fields) => void logged.push([event, fields?.["alarm"]])
  const storage = await openStorage({ dir, maxBytes: 1_000_000, log, now: () => 0 })
  assert.deepEqual(logged, [["spool.memory", true]])
  assert.equal(storage.trouble(), "the directory is not writable")
  storage.spool.append(messageOf("OutPlanCreate", "p"))
  await storage.spool.flush()
  const taken = storage.spool.take(10, 1e6)
  assert.equal(taken.length, 1)
  storage.spool.done(taken)
  assert.equal(storage.spool.depth, 0)
  await storage.close()
  assert.deepEqual(readdirSync(dir), ["lock"])
})

test("--check makes the directory that it says is writable", async (t) => {
  const { dir, remove } = makeSpoolDir()
  t.after(remove)
  const spoolDir = join(dir, "deep", "spool")
  const settings = readSettings({
    AMI_HOST: "127.0.0.1",
    AMI_PORT: "1",
    AMI_USERNAME: "u",
    AMI_SECRET: "s",
    RINGBACK_SOURCE_TOKEN: makeToken().text,
    RINGBACK_INGEST_QUEUE_URL: "http://127.0.0.1:1/0/ingest",
    RINGBACK_SPOOL_DIR: spoolDir,
  })
  const lines: string[] = []
  const sqs = makeSqs(settings.region, settings.ingestQueueUrl, {})
  t.after(() => sqs.destroy())
  assert.equal(await check(settings, sqs, (line) => lines.push(line)), 1)
  assert.ok(lines.includes(`ok              spool: ${spoolDir} is writable`), lines.join("\n"))
  assert.ok(existsSync(spoolDir))
})
