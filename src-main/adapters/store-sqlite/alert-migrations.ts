/** A step of the schema, as migrations.ts has them: samples, and the alerts that come of them. */
export const alertTables = `
  CREATE TABLE samples (
    kind TEXT NOT NULL CHECK (kind IN ('source', 'broker')),
    name TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    -- Of several the greatest one is kept.
    weight INTEGER NOT NULL,
    sample TEXT NOT NULL,
    PRIMARY KEY (kind, name, at_ms)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX samples_by_time ON samples (at_ms);

  CREATE TABLE sample_turns (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    taken_ms INTEGER NOT NULL,
    PRIMARY KEY (kind, name)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE alert_standings (
    rule TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    firing INTEGER NOT NULL CHECK (firing IN (0, 1)),
    at_ms INTEGER NOT NULL,
    leaning_ms INTEGER,
    PRIMARY KEY (rule, kind, name)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE alerts (
    alert_key INTEGER PRIMARY KEY,
    alert TEXT NOT NULL UNIQUE,
    rule TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    condition TEXT NOT NULL,
    value REAL,
    fired_at TEXT NOT NULL,
    told_at TEXT NOT NULL,
    acknowledged_at TEXT,
    acknowledged_by TEXT,
    resolved_at TEXT,
    withdrawn INTEGER NOT NULL DEFAULT 0 CHECK (withdrawn IN (0, 1))
  ) STRICT;
  CREATE UNIQUE INDEX alerts_open ON alerts (rule, kind, name) WHERE resolved_at IS NULL;
  CREATE INDEX alerts_resolved ON alerts (resolved_at) WHERE resolved_at IS NOT NULL;

  CREATE TABLE alert_notices (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    alert_key INTEGER NOT NULL REFERENCES alerts ON DELETE CASCADE,
    event TEXT NOT NULL,
    at TEXT NOT NULL,
    -- As it was then: an alert that has been resolved meanwhile had fired all the same.
    alert TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('due', 'sending', 'delivered', 'given-up')),
    attempts INTEGER NOT NULL DEFAULT 0,
    next_ms INTEGER NOT NULL,
    ended_at TEXT,
    reason TEXT
  ) STRICT;
  CREATE INDEX alert_notices_of ON alert_notices (alert_key, seq);
  CREATE INDEX alert_notices_due ON alert_notices (next_ms) WHERE state IN ('due', 'sending');
  `
