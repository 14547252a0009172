import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { test } from "node:test"
import { type IngestMessage, MAX_OTHER_GAPS, openMessage } from "@ringback/events/message"

// A year that ends what 64 bits of nanoseconds can hold, and the longest text that becomes part of a key.
const LAST_MS = 18_446_744_073_709
const WORD = "w".repeat(200)

const address = {
  v: 1 as const,
  id: "a".repeat(22),
  tenant: `ten_${"0".repeat(26)}`,
  source: `src_${"z".repeat(26)}`,
  collector: `_-${"9".repeat(20)}`,
  receivedAt: 0,
}
const headers: [string, string][] = [["Event", "X"]]

// Each kind with all that it may say, at the widest.
const event: IngestMessage = {
  ...address,
  kind: "event",
  headers,
  synthetic: { reason: WORD, gap: WORD, others: Array<string>(20).fill(WORD) },
  test: true,
}
const record: IngestMessage = { ...address, v: 2, kind: "record", headers }
const heartbeat: IngestMessage = {
  ...address,
  kind: "heartbeat",
  check: true,
  version: WORD,
  run: WORD,
  number: Number.MAX_SAFE_INTEGER,
  skewMs: -LAST_MS,
  connectedSince: LAST_MS,
  readUntil: LAST_MS,
  readBefore: [0, LAST_MS],
  spoolDepth: Number.MAX_SAFE_INTEGER,
  spoolAgeSeconds: LAST_MS / 1000,
}
const gap: IngestMessage = {
  ...address,
  kind: "gap",
  skewMs: LAST_MS,
  gap: {
    id: WORD,
    from: 0,
    to: LAST_MS,
    reason: WORD,
    since: 0,
    inferred: Object.fromEntries(Array.from({ length: 100 }, (_, count) => [`t${count}`, count])),
  },
}

const open = (value: object) => openMessage(`key.mac.${JSON.stringify(value)}`)

function messageOf(value: object): unknown {
  const opened = open(value)
  assert.ok(opened.ok, opened.ok ? "" : opened.reason)
  return opened.message
}

for (const message of [event, record, heartbeat, gap]) {
  test(`${message.kind}: all that it may say arrives, at its widest; what no release knows does not`, () => {
    assert.deepEqual(messageOf(message), message)
    assert.deepEqual(messageOf({ ...message, future: 1 }), message)
  })

  test(`${message.kind}: each word that it must say is missed by its name`, () => {
    const optional = [
      "check",
      "extra",
      "run",
      "number",
      "skewMs",
      "readUntil",
      "readBefore",
      "synthetic",
      "test",
    ]
    for (const name of Object.keys(message)) {
      const { [name]: _, ...rest } = message as Record<string, unknown>
      const opened = open(rest)
      if (optional.includes(name)) assert.deepEqual(messageOf(rest), rest)
      else assert.ok(!opened.ok && opened.reason.startsWith(`${name}: `), name)
    }
  })
}

test("the least that an event, a heartbeat and a gap say", () => {
  const synthetic = { reason: "", gap: "" }
  assert.deepEqual(messageOf({ ...event, synthetic }), { ...event, synthetic })
  const idle = { ...heartbeat, skewMs: 0, connectedSince: null, spoolDepth: 0, spoolAgeSeconds: 0 }
  assert.deepEqual(messageOf(idle), idle)
  const { since: _, ...rest } = gap.gap
  const bare = { ...gap, gap: { ...rest, inferred: {} } }
  assert.deepEqual(messageOf(bare), bare)
  const short = { ...heartbeat, spoolAgeSeconds: 1e-6 }
  assert.deepEqual(messageOf(short), short)
})

test("one step past the widest is refused by its name", () => {
  const many = Object.fromEntries(Array.from({ length: 101 }, (_, count) => [`t${count}`, 1]))
  const said = gap.gap
  const refused: [value: object, path: string][] = [
    [{ ...event, receivedAt: LAST_MS + 1 }, "receivedAt"],
    [{ ...event, id: "a".repeat(21) }, "id"],
    [{ ...event, id: `${"a".repeat(21)}+` }, "id"],
    [{ ...event, tenant: `${address.tenant}0` }, "tenant"],
    [{ ...event, source: `src_${"u".repeat(26)}` }, "source"],
    [{ ...event, collector: "a".repeat(23) }, "collector"],
    [{ ...event, test: false }, "test"],
    [{ ...event, headers: [] }, "headers"],
    [{ ...record, headers: [] }, "headers"],
    [{ ...event, synthetic: { reason: `${WORD}w`, gap: "" } }, "synthetic.reason"],
    [{ ...event, synthetic: { ...event.synthetic, gap: undefined } }, "synthetic.gap"],
    [
      { ...event, synthetic: { reason: "", gap: "", others: Array<string>(21).fill("") } },
      "synthetic.others",
    ],
    [{ ...heartbeat, check: false }, "check"],
    [{ ...heartbeat, version: `${WORD}w` }, "version"],
    [{ ...heartbeat, skewMs: -LAST_MS - 1 }, "skewMs"],
    [{ ...heartbeat, skewMs: 0.5 }, "skewMs"],
    [{ ...gap, skewMs: LAST_MS + 1 }, "skewMs"],
    [{ ...heartbeat, readUntil: LAST_MS + 1 }, "readUntil"],
    [{ ...heartbeat, readBefore: [0] }, "readBefore.1"],
    [{ ...heartbeat, spoolAgeSeconds: LAST_MS }, "spoolAgeSeconds"],
    [{ ...heartbeat, spoolAgeSeconds: 9e-7 }, "spoolAgeSeconds"],
    [{ ...gap, gap: { ...said, since: -1 } }, "gap.since"],
    [{ ...gap, gap: { ...said, id: `${WORD}w` } }, "gap.id"],
    [{ ...gap, gap: { ...said, reason: `${WORD}w` } }, "gap.reason"],
    [{ ...gap, gap: { ...said, from: undefined } }, "gap.from"],
    [{ ...gap, gap: { ...said, inferred: many } }, "gap.inferred"],
  ]
  for (const [value, path] of refused) {
    const opened = open(value)
    assert.ok(!opened.ok, path)
    assert.ok(opened.reason.startsWith(`${path}: `), `${path}: ${opened.reason}`)
  }
  assert.equal(MAX_OTHER_GAPS, 20)
})

test("a body of 1 MB that is wrong everywhere is refused in little memory", () => {
  const body = JSON.stringify({ ...address, kind: "event", headers: [] })
  const program = `
    import { openMessage } from "@ringback/events/message"
    const body = ${JSON.stringify(body)}.replace("[]", "[" + "0,".repeat(500_000) + "0]")
    console.log(JSON.stringify(openMessage("key.mac." + body)))`
  const args = ["--max-old-space-size=100", "--input-type=module", "--eval", program]
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: "utf8" })
  assert.equal(status, 0)
  assert.match((JSON.parse(stdout) as { reason: string }).reason, /^headers\.0: /)
})
