import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { after, before, describe, test } from "node:test"
import { signatureHeaders } from "@ringback/webhooks/sign"
import { moduleEvents, type Pair } from "../events/capture.ts"
import { readCalls } from "../events/independent-calls.ts"
import type { Webhook } from "../harness/receiver.ts"
import { eventMessage, sendToIngest } from "../harness/system.ts"
import { startWorld } from "../harness/world.ts"
import { findExamples, startExample } from "./example.ts"

const RECORDING = "30-dialing"
const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`
const calls = readCalls(RECORDING)
const temporary = mkdtempSync(join(tmpdir(), "ringback-examples-"))
after(() => rmSync(temporary, { recursive: true }))

// The recording's dial list has no keys, and was loaded before it began: rows with keys are told in its place.
const said = (event: Pair[]) => Object.fromEntries(event) as Record<string, string>
const rows = new Map(
  moduleEvents(RECORDING)
    .map(said)
    .filter(({ Event }) => Event!.startsWith("OutDialing"))
    .map(({ Uuid, DlListUuid }) => [Uuid!, DlListUuid!] as const)
    .filter(([, row]) => row !== undefined && row !== "<unknown>"),
)
const keyOf = (row: string) => `key of ${row.slice(0, 8)}`
const nameOf = (row: string) => `Customer ${row.slice(0, 8)}`
const rowEvent = (row: string): Pair[] => [
  ["Event", "OutDlListCreate"],
  ["Privilege", "message,all"],
  ["Uuid", row],
  ["Name", nameOf(row)],
  ["UKey", keyOf(row)],
]
const withKey = (event: Pair[]): Pair[] => {
  const { Event, Uuid } = said(event)
  if (!Event!.startsWith("OutDlList")) return event
  const others = event.filter(([name]) => name !== "UKey" && name !== "Name")
  return [...others, ["Name", nameOf(Uuid!)], ["UKey", keyOf(Uuid!)]]
}
const contactKeyOf = (call: string) => {
  const row = rows.get(call)
  return row === undefined ? null : keyOf(row)
}

let sent: Webhook[]
before(async () => void (sent = await recordedWebhooks()))

/** What an endpoint that wants everything is sent of the recording. */
async function recordedWebhooks(): Promise<Webhook[]> {
  const world = await startWorld()
  try {
    const { arrived } = await world.addEndpoint({ eventTypes: ["*"] })
    for (const row of new Set(rows.values())) {
      await sendToIngest(world.stack, world.customer, eventMessage(world.customer, rowEvent(row)))
    }
    await world.pump()
    for (const event of moduleEvents(RECORDING)) {
      const message = eventMessage(world.customer, withKey(event))
      await sendToIngest(world.stack, world.customer, message)
    }
    await world.pump()
    world.advance(6000)
    await world.pump()
    return arrived()
  } finally {
    await world.close()
  }
}

// A seeded shuffle: what fails fails again.
function shuffled<T>(items: T[]): T[] {
  let state = 11
  const next = () => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648)
  return items
    .map((item) => [next(), item] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, item]) => item)
}

async function post(url: string, webhook: Webhook, key = secret): Promise<number> {
  const body = JSON.stringify(webhook)
  const timestampSeconds = Math.floor(Date.now() / 1000)
  const signed = signatureHeaders({ id: webhook.id, timestampSeconds, body, secrets: [key] })
  const headers = { "content-type": "application/json", ...signed }
  return (await fetch(url, { method: "POST", headers, body })).status
}

const ORDERS = {
  "in order": () => sent,
  "backwards, each twice": () => sent.flatMap((each) => [each, each]).toReversed(),
  "shuffled, each twice": () => shuffled([...sent, ...sent]),
}

for (const example of findExamples(temporary)) {
  const skip = "skip" in example ? example.skip : false
  describe(`the ${example.name} example`, { skip }, () => {
    if ("skip" in example) return
    for (const [how, order] of Object.entries(ORDERS)) {
      test(`ends with every call, contact and outcome of the recording, once: ${how}`, async () => {
        const DATABASE = join(temporary, `${example.name} ${how}.db`)
        const running = await startExample(example.command, { RINGBACK_SECRET: secret, DATABASE })
        try {
          for (const webhook of order()) assert.equal(await post(running.url, webhook), 204)
        } finally {
          await running.close()
        }
        checkDatabase(DATABASE)
      })
    }

    test("takes nothing that is unsigned, or signed with another secret", async () => {
      const DATABASE = join(temporary, `${example.name} refused.db`)
      const running = await startExample(example.command, { RINGBACK_SECRET: secret, DATABASE })
      const other = `whsec_${Buffer.alloc(32, 8).toString("base64")}`
      try {
        assert.equal(await post(running.url, sent[0]!), 204)
        assert.equal(await post(running.url, sent[1]!, other), 400)
        assert.equal((await fetch(running.url, { method: "POST", body: "{}" })).status, 400)
      } finally {
        await running.close()
      }
      assert.deepEqual(rowsOf(DATABASE, "SELECT webhook_id FROM received"), [
        { webhook_id: sent[0]!.id },
      ])
    })
  })
}

function rowsOf(file: string, sql: string): Record<string, unknown>[] {
  const db = new DatabaseSync(file)
  try {
    return db
      .prepare(sql)
      .all()
      .map((row) => ({ ...row }))
  } finally {
    db.close()
  }
}

function checkDatabase(file: string): void {
  const kept = rowsOf(file, "SELECT * FROM calls")
  const expected = [...calls].map(([uuid, call]) => ({
    uuid,
    outcome: call.outcome,
    number: call.number,
    contact_key: contactKeyOf(uuid),
    campaign: call.campaignName,
    started_at: call.startedAt,
    answered_at: call.answeredAt,
    ended_at: call.endedAt,
  }))
  assert.ok(expected.length > 0)
  const byUuid = (all: Record<string, unknown>[]) =>
    all.toSorted((a, b) => String(a["uuid"]).localeCompare(String(b["uuid"])))
  assert.deepEqual(byUuid(kept.map(({ version: _, ...row }) => row)), byUuid(expected))
  // What is done at a call's end is done once.
  const notes = rowsOf(file, "SELECT call_uuid, text FROM notes")
  assert.deepEqual(
    notes.map((note) => `${String(note["call_uuid"])} ${String(note["text"])}`).toSorted(),
    [...calls].map(([uuid, { outcome }]) => `${uuid} Called: ${outcome}`).toSorted(),
  )
  const called = new Set([...calls.keys()].flatMap((uuid) => rows.get(uuid) ?? []))
  assert.ok(called.size > 0)
  const contacts = rowsOf(file, "SELECT contact_key, name FROM contacts")
  assert.equal(contacts.length, called.size)
  assert.deepEqual(
    new Map(contacts.map((row) => [row["contact_key"], row["name"]])),
    new Map([...called].map((row) => [keyOf(row), nameOf(row)])),
  )
  checkRecords(file)
}

// The newest of each record that is no call, by its version, whatever came last.
function checkRecords(file: string): void {
  const newest = new Map<unknown, Webhook>()
  for (const webhook of sent.filter(({ type }) => !type.startsWith("call."))) {
    const { uuid } = webhook.data
    if (uuid === undefined) continue
    const known = newest.get(uuid)
    if (!known || webhook.version > known.version) newest.set(uuid, webhook)
  }
  const kept = rowsOf(file, "SELECT * FROM records")
  assert.equal(kept.length, newest.size)
  for (const { uuid, kind, version, is_deleted: isDeleted, data } of kept) {
    const webhook = newest.get(uuid)!
    assert.equal(version, webhook.version)
    assert.equal(`${webhook.type}`, `${String(kind)}.${webhook.type.split(".")[1]}`)
    assert.equal(isDeleted === 1, webhook.type.endsWith(".deleted"))
    assert.deepEqual(JSON.parse(String(data)), webhook.data)
  }
}
