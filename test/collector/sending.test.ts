import assert from "node:assert/strict"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test, type TestContext } from "node:test"
import { Losses } from "@ringback/collector/gaps/losses"
import { Sending } from "@ringback/collector/sending"
import { Spool } from "@ringback/collector/spool/spool"
import { makeToken } from "../harness/collector.ts"
import { until } from "../harness/until.ts"
import { accept, type QueueAnswer, type Sent, startQueueServer } from "./queue-server.ts"

async function setUp(t: TestContext, decide: (entries: Sent[]) => QueueAnswer) {
  const dir = mkdtempSync(join(tmpdir(), "ringback-sending-"))
  const spool = await Spool.open({ dir, maxBytes: 1e8, acknowledged: 0, saveAcknowledged() {} })
  const token = makeToken()
  const server = await startQueueServer(decide)
  const lines: [string, Record<string, unknown>][] = []
  const losses = new Losses(() => {})
  const sending = new Sending({
    spool,
    spoolDir: dir,
    sqs: server.sqs,
    queueUrl: server.url,
    source: token.source,
    signingKey: () => token,
    losses,
    log: (event, fields = {}) => void lines.push([event, fields]),
    now: () => 7_000,
  })
  t.after(async () => {
    await sending.stop()
    await spool.close()
    server.close()
    rmSync(dir, { recursive: true })
  })
  const add = (kind: "event" | "gap", receivedAt: number) =>
    spool.append(JSON.stringify({ v: 1, kind, receivedAt, id: "A".repeat(22), gap: {} }), true)
  return { dir, spool, sending, lines, losses, add, server }
}

test("a queue that cannot be reached and is again is said once each, with what waits", async (t) => {
  let isDown = true
  const it = await setUp(t, (entries) => {
    if (isDown) return null
    return { Successful: entries.map(accept) }
  })
  assert.equal(it.sending.queueTrouble, null)
  for (let at = 0; at < 3; at++) it.add("event", at)
  it.sending.start()
  await until(() => it.lines.length === 1)
  const reason = it.sending.queueTrouble
  assert.match(String(reason), /^\w+: \S/)
  assert.deepEqual(it.lines, [["queue.unreachable", { alarm: true, reason, spoolDepth: 3 }]])
  isDown = false
  await until(() => it.spool.depth === 0)
  assert.deepEqual(it.lines.slice(1), [["queue.reachable", { spoolDepth: 0 }]])
  assert.equal(it.sending.queueTrouble, null)
  assert.deepEqual(it.sending.counts, { sent: 3, refused: 0 })
})

test("what the queue refuses for good is kept in a file and told; a gap's report makes no other gap", async (t) => {
  const refusal = { code: "InvalidMessageContents", message: "no" }
  const it = await setUp(t, (entries) => ({
    Failed: entries.map(({ Id }) => ({
      Id,
      SenderFault: true,
      Code: refusal.code,
      Message: refusal.message,
    })),
  }))
  it.add("event", 5_000)
  it.add("gap", 6_000)
  it.sending.start()
  await until(() => it.lines.length === 2)
  for (const [event, { file, ...fields }] of it.lines) {
    assert.deepEqual([event, fields], ["message.refused", { alarm: true, ...refusal }])
    assert.ok(existsSync(String(file)))
  }
  assert.deepEqual(it.losses.counts(), { refused: 1 })
  assert.equal(it.losses.streakOf("refused").latest, 5_000)
  assert.deepEqual(it.sending.counts, { sent: 0, refused: 2 })
})
