"""RINGBACK_SECRET: the endpoint's secret. PORT and DATABASE: where to listen, what file to keep."""

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from standardwebhooks import Webhook, WebhookVerificationError

DATABASE = os.environ.get("DATABASE", "receiver.db")
webhook = Webhook(os.environ["RINGBACK_SECRET"])
app = FastAPI()

UPSERT_CALL = """
  INSERT INTO calls VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (uuid) DO UPDATE SET
    version = excluded.version, outcome = excluded.outcome, number = excluded.number,
    contact_key = excluded.contact_key, campaign = excluded.campaign,
    started_at = excluded.started_at, answered_at = excluded.answered_at, ended_at = excluded.ended_at
  WHERE excluded.version > calls.version"""
UPSERT_CONTACT = """
  INSERT INTO contacts VALUES (?, ?, ?)
  ON CONFLICT (contact_key) DO UPDATE SET version = excluded.version, name = excluded.name
  WHERE excluded.version > contacts.version"""
UPSERT_RECORD = """
  INSERT INTO records VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (uuid) DO UPDATE SET
    version = excluded.version, is_deleted = excluded.is_deleted, data = excluded.data
  WHERE excluded.version > records.version"""


def connect() -> sqlite3.Connection:
    # isolation_level None: transactions begin and end where the code says so.
    return sqlite3.connect(DATABASE, timeout=10, isolation_level=None)


with closing(connect()) as db:
    db.execute("PRAGMA journal_mode = WAL")
    db.executescript(Path(__file__).parent.parent.joinpath("schema.sql").read_text())


@app.post("/webhooks")
async def receive(request: Request) -> Response:
    body = await request.body()
    try:
        event = webhook.verify(body, dict(request.headers))
    except WebhookVerificationError as error:
        return Response(str(error), status_code=400, media_type="text/plain")
    await run_in_threadpool(take_once, request.headers["webhook-id"], event)
    return Response(status_code=204)


def take_once(webhook_id: str, event: dict) -> None:
    """One transaction: either the id is noted and the event applied, or neither, and Ringback sends it again."""
    with closing(connect()) as db:
        db.execute("BEGIN IMMEDIATE")
        try:
            insert = "INSERT OR IGNORE INTO received (webhook_id) VALUES (?)"
            if db.execute(insert, [webhook_id]).rowcount == 1:
                apply(db, event)
            db.execute("COMMIT")
        except BaseException:
            db.execute("ROLLBACK")
            raise


def apply(db: sqlite3.Connection, event: dict) -> None:
    if event["type"].startswith("call."):
        apply_call(db, event)
    else:
        apply_record(db, event)
    if event["type"] == "call.completed":
        text = f"Called: {event['data']['outcome'] or 'unknown'}"
        insert = "INSERT INTO notes (call_uuid, text) VALUES (?, ?)"
        db.execute(insert, [event["data"]["uuid"], text])


def apply_call(db: sqlite3.Connection, event: dict) -> None:
    version, data = event["version"], event["data"]
    contact = data["contact"] or {}
    key = contact.get("key")
    times = [data["startedAt"], data["answeredAt"], data["endedAt"]]
    row = [data["uuid"], version, data["outcome"], data["number"], key, data["campaign"]["name"]]
    db.execute(UPSERT_CALL, row + times)
    if key is not None:
        db.execute(UPSERT_CONTACT, [key, version, contact["name"]])


def apply_record(db: sqlite3.Connection, event: dict) -> None:
    uuid = event["data"].get("uuid")
    if uuid is None:
        return  # source.gap and the other operational events are about no record.
    kind, action = event["type"].split(".", 1)
    row = [uuid, event["version"], kind, action == "deleted", json.dumps(event["data"])]
    db.execute(UPSERT_RECORD, row)


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ.get("PORT", "8080")))
