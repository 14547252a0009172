import { readFileSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import { serve } from "@hono/node-server"
import { Hono } from "hono"
import {
  verify,
  WebhookVerificationError,
  type CallAnswered,
  type CallCompleted,
  type CallStarted,
  type WebhookEvent,
} from "@ringback/receiver"

// RINGBACK_SECRET: the endpoint's secret. PORT and DATABASE: where to listen, what file to keep.
const { RINGBACK_SECRET = "", PORT = "8080", DATABASE = "receiver.db" } = process.env

const db = new DatabaseSync(DATABASE)
db.exec("PRAGMA journal_mode = WAL")
db.exec(readFileSync(new URL("../schema.sql", import.meta.url), "utf8"))

const insertReceived = db.prepare("INSERT OR IGNORE INTO received (webhook_id) VALUES (?)")
const upsertCall = db.prepare(`
  INSERT INTO calls VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (uuid) DO UPDATE SET
    version = excluded.version, outcome = excluded.outcome, number = excluded.number,
    contact_key = excluded.contact_key, campaign = excluded.campaign,
    started_at = excluded.started_at, answered_at = excluded.answered_at, ended_at = excluded.ended_at
  WHERE excluded.version > calls.version`)
const upsertContact = db.prepare(`
  INSERT INTO contacts VALUES (?, ?, ?)
  ON CONFLICT (contact_key) DO UPDATE SET version = excluded.version, name = excluded.name
  WHERE excluded.version > contacts.version`)
const insertNote = db.prepare("INSERT INTO notes (call_uuid, text) VALUES (?, ?)")
const upsertRecord = db.prepare(`
  INSERT INTO records VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (uuid) DO UPDATE SET
    version = excluded.version, is_deleted = excluded.is_deleted, data = excluded.data
  WHERE excluded.version > records.version`)

const app = new Hono()

app.post("/webhooks", async (c) => {
  let event: WebhookEvent
  try {
    event = await verify(c.req.raw.headers, await c.req.text(), RINGBACK_SECRET)
  } catch (error) {
    if (!(error instanceof WebhookVerificationError)) throw error
    return c.text(error.message, 400)
  }
  takeOnce(c.req.header("webhook-id")!, event)
  return c.body(null, 204)
})

/** One transaction: either the id is noted and the event applied, or neither, and Ringback sends it again. */
function takeOnce(webhookId: string, event: WebhookEvent): void {
  db.exec("BEGIN IMMEDIATE")
  try {
    if (insertReceived.run(webhookId).changes === 1) apply(event)
    db.exec("COMMIT")
  } catch (error) {
    db.exec("ROLLBACK")
    throw error
  }
}

function apply(event: WebhookEvent): void {
  switch (event.type) {
    case "call.started":
    case "call.answered":
      return applyCall(event)
    case "call.completed":
      applyCall(event)
      insertNote.run(event.data.uuid, `Called: ${event.data.outcome ?? "unknown"}`)
      return
    default:
      applyRecord(event)
  }
}

function applyCall({ version, data }: CallStarted | CallAnswered | CallCompleted): void {
  const { uuid, outcome, number, contact, campaign, startedAt, answeredAt, endedAt } = data
  const key = contact?.key ?? null
  const times = [startedAt, answeredAt, endedAt] as const
  upsertCall.run(uuid, version, outcome, number, key, campaign.name, ...times)
  if (contact && key !== null) upsertContact.run(key, version, contact.name)
}

// source.gap and the other operational events are about no record.
function applyRecord({ type, version, data }: WebhookEvent): void {
  const { uuid } = data as { uuid?: unknown }
  if (typeof uuid !== "string") return
  const [kind = "", action] = type.split(".")
  upsertRecord.run(uuid, version, kind, action === "deleted" ? 1 : 0, JSON.stringify(data))
}

serve({ fetch: app.fetch, hostname: "127.0.0.1", port: Number(PORT) }, ({ port }) => {
  console.log(`Listening on http://127.0.0.1:${port}/webhooks`)
})
