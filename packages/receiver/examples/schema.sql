-- What the three receivers keep. SQLite; in PostgreSQL and MariaDB it is the same but for the types.

-- Which webhooks were taken: a repeated one has the same id.
CREATE TABLE IF NOT EXISTS received (
  webhook_id TEXT PRIMARY KEY,
  received_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);

-- A row for each call, from call.* events.
CREATE TABLE IF NOT EXISTS calls (
  uuid TEXT PRIMARY KEY,
  version TEXT NOT NULL,
  outcome TEXT,
  number TEXT,
  contact_key TEXT,
  campaign TEXT,
  started_at TEXT,
  answered_at TEXT,
  ended_at TEXT
);

-- The customers that were called, by the key that the dial list has for them.
CREATE TABLE IF NOT EXISTS contacts (
  contact_key TEXT PRIMARY KEY,
  version TEXT NOT NULL,
  name TEXT
);

-- What must happen once for each call that ended: here a note for the agents.
CREATE TABLE IF NOT EXISTS notes (
  id INTEGER PRIMARY KEY,
  call_uuid TEXT NOT NULL,
  text TEXT NOT NULL
);

-- Campaigns, plans, lists and so on as last heard of. A deleted one stays, so that a late update does not bring it back.
CREATE TABLE IF NOT EXISTS records (
  uuid TEXT PRIMARY KEY,
  version TEXT NOT NULL,
  kind TEXT NOT NULL,
  is_deleted INTEGER NOT NULL,
  data TEXT NOT NULL
);
