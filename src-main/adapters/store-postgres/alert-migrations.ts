/** A part of the first step, as migrations.ts has it: samples, and the alerts that come of them. */
export const alertTables = `
  CREATE TABLE samples (
    kind TEXT NOT NULL CHECK (kind IN ('source', 'broker')),
    name TEXT NOT NULL,
    at_ms bigint NOT NULL,
    weight bigint NOT NULL,
    sample TEXT NOT NULL,
    PRIMARY KEY (kind, name, at_ms)
  );
  CREATE INDEX samples_by_time ON samples (at_ms);

  CREATE TABLE sample_turns (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    taken_ms bigint NOT NULL,
    PRIMARY KEY (kind, name)
  );

  CREATE TABLE alert_standings (
    rule TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    firing smallint NOT NULL CHECK (firing IN (0, 1)),
    at_ms bigint NOT NULL,
    leaning_ms bigint,
    PRIMARY KEY (rule, kind, name)
  );

  CREATE TABLE alerts (
    alert_key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alert TEXT NOT NULL UNIQUE,
    rule TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    condition TEXT NOT NULL,
    value double precision,
    fired_at TEXT NOT NULL,
    told_at TEXT NOT NULL,
    acknowledged_at TEXT,
    acknowledged_by TEXT,
    resolved_at TEXT,
    withdrawn smallint NOT NULL DEFAULT 0 CHECK (withdrawn IN (0, 1))
  );
  CREATE UNIQUE INDEX alerts_open ON alerts (rule, kind, name) WHERE resolved_at IS NULL;
  CREATE INDEX alerts_resolved ON alerts (resolved_at) WHERE resolved_at IS NOT NULL;

  CREATE TABLE alert_notices (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alert_key bigint NOT NULL REFERENCES alerts ON DELETE CASCADE,
    event TEXT NOT NULL,
    at TEXT NOT NULL,
    alert TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('due', 'sending', 'delivered', 'given-up')),
    attempts bigint NOT NULL DEFAULT 0,
    next_ms bigint NOT NULL,
    ended_at TEXT,
    reason TEXT
  );
  CREATE INDEX alert_notices_of ON alert_notices (alert_key, seq);
  CREATE INDEX alert_notices_due ON alert_notices (next_ms) WHERE state IN ('due', 'sending');
  `
