import { alertTables } from './alert-migrations.ts'
import { checkpointTable } from './checkpoint-migrations.ts'
import { approvalTables } from './approval-migrations.ts'
import { operatorTables } from './operator-migrations.ts'

/**
 * The schema, forward only. A released step is never edited; a change is a new step at the end. The number of steps
 * done is the file's `user_version`.
 *
 * A plan's items never change. What a job does with them stands in `job_spans`, one row for neighbours in the same
 * state: starting a job of a million messages writes one row.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE journal (
    seq INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    action TEXT NOT NULL,
    operator TEXT NOT NULL,
    source TEXT,
    subject TEXT,
    detail TEXT NOT NULL,
    previous_hash TEXT NOT NULL,
    hash TEXT NOT NULL
  ) STRICT;
  CREATE INDEX journal_by_source ON journal (source) WHERE source IS NOT NULL;
  CREATE INDEX journal_by_subject ON journal (subject) WHERE subject IS NOT NULL;
  CREATE TRIGGER journal_keeps_rows BEFORE UPDATE ON journal
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
  CREATE TRIGGER journal_loses_none BEFORE DELETE ON journal
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
  CREATE TRIGGER journal_has_no_holes BEFORE INSERT ON journal
    WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM journal)
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;

  CREATE TABLE plans (
    plan_key INTEGER PRIMARY KEY,
    plan TEXT NOT NULL,
    -- Those below are known when its items are written.
    digest TEXT NOT NULL DEFAULT '',
    items_digest TEXT NOT NULL DEFAULT '',
    source TEXT NOT NULL DEFAULT '',
    broker TEXT NOT NULL DEFAULT '',
    header TEXT NOT NULL DEFAULT '',
    items INTEGER NOT NULL DEFAULT 0,
    complete INTEGER NOT NULL CHECK (complete IN (0, 1)),
    begun_at TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX plans_by_id ON plans (plan) WHERE complete = 1;
  CREATE INDEX plans_incomplete ON plans (begun_at) WHERE complete = 0;

  CREATE TABLE plan_items (
    plan_key INTEGER NOT NULL REFERENCES plans ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    id TEXT NOT NULL,
    version TEXT NOT NULL,
    message_id TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    type TEXT,
    chain_key TEXT,
    exchange TEXT NOT NULL,
    routing_key TEXT NOT NULL,
    payload_digest TEXT NOT NULL,
    -- Text to send in the place of the stored one; null: as stored.
    payload TEXT,
    created_at TEXT NOT NULL,
    PRIMARY KEY (plan_key, seq)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX plan_items_by_id ON plan_items (id);

  CREATE TABLE jobs (
    job_key INTEGER PRIMARY KEY,
    job TEXT NOT NULL UNIQUE,
    plan_key INTEGER NOT NULL UNIQUE REFERENCES plans,
    kind TEXT NOT NULL CHECK (kind IN ('resend', 'sweep')),
    source TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('running', 'paused', 'interrupted', 'done', 'cancelled')),
    operator TEXT NOT NULL,
    options TEXT NOT NULL,
    created_at TEXT NOT NULL,
    ended_at TEXT,
    interruption_code TEXT,
    interruption_reason TEXT,
    interruption_pull TEXT,
    owner_host TEXT,
    owner_pid INTEGER,
    owner_instance TEXT,
    ended INTEGER NOT NULL DEFAULT 0,
    confirmed INTEGER NOT NULL DEFAULT 0,
    returned INTEGER NOT NULL DEFAULT 0,
    refused INTEGER NOT NULL DEFAULT 0,
    unknown INTEGER NOT NULL DEFAULT 0,
    skipped INTEGER NOT NULL DEFAULT 0,
    parked INTEGER NOT NULL DEFAULT 0,
    unsettled INTEGER NOT NULL DEFAULT 0,
    unmarked INTEGER NOT NULL DEFAULT 0,
    CHECK (state <> 'running' OR owner_instance IS NOT NULL)
  ) STRICT;
  CREATE INDEX jobs_by_source ON jobs (source);
  CREATE INDEX jobs_running ON jobs (job_key) WHERE state = 'running';
  CREATE INDEX jobs_unsettled ON jobs (source, unsettled) WHERE unsettled > 0;

  -- Runs of neighbouring items in the same state: what a row may hold is checked by the code that moves it.
  CREATE TABLE job_spans (
    job_key INTEGER NOT NULL REFERENCES jobs,
    first_seq INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    state TEXT NOT NULL,
    version TEXT,
    result TEXT,
    code TEXT,
    reason TEXT,
    marked INTEGER,
    settled_as TEXT,
    settled_reason TEXT,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (job_key, first_seq)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX job_spans_open ON job_spans (job_key, first_seq) WHERE state <> 'done';
  CREATE INDEX job_spans_unsettled ON job_spans (job_key, first_seq) WHERE result = 'unknown' AND settled_as IS NULL;
  CREATE INDEX job_spans_not_confirmed ON job_spans (job_key, first_seq) WHERE result <> 'confirmed';

  CREATE TABLE decisions (
    decision_key INTEGER PRIMARY KEY,
    decision TEXT NOT NULL UNIQUE,
    source TEXT NOT NULL,
    id TEXT NOT NULL,
    message_id TEXT NOT NULL,
    operator TEXT NOT NULL,
    reason TEXT NOT NULL,
    at TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('intended', 'applied', 'not-applied', 'undone')),
    state_before TEXT NOT NULL,
    version TEXT NOT NULL,
    applied_version TEXT,
    before TEXT
  ) STRICT;
  CREATE INDEX decisions_by_message ON decisions (id, source);
  CREATE INDEX decisions_by_source ON decisions (source);
  CREATE INDEX decisions_intended ON decisions (decision_key) WHERE state = 'intended';
  `,
  // Sweeps: their runs, and what was switched on here.
  `
  CREATE TABLE sweep_runs (
    run_key INTEGER PRIMARY KEY,
    run TEXT NOT NULL UNIQUE,
    source TEXT NOT NULL,
    trigger TEXT NOT NULL CHECK (trigger IN ('schedule', 'operator')),
    operator TEXT NOT NULL,
    started_at TEXT NOT NULL,
    ended_at TEXT,
    state TEXT NOT NULL CHECK (state IN ('running', 'done', 'stopped', 'failed')),
    outcome TEXT,
    code TEXT,
    reason TEXT,
    owner_host TEXT NOT NULL,
    owner_pid INTEGER NOT NULL,
    owner_instance TEXT NOT NULL
  ) STRICT;
  CREATE INDEX sweep_runs_by_source ON sweep_runs (source, run_key);
  CREATE INDEX sweep_runs_running ON sweep_runs (run_key) WHERE state = 'running';

  CREATE TABLE sweeps (
    source TEXT PRIMARY KEY,
    approved TEXT,
    approved_by TEXT,
    approved_at TEXT,
    failures INTEGER NOT NULL DEFAULT 0,
    stopped_code TEXT,
    stopped_reason TEXT
  ) STRICT, WITHOUT ROWID;
  `,
  // Audits of chains: their findings and reports, how far each outbox was read, and what is watched.
  `
  CREATE TABLE audits (
    audit_key INTEGER PRIMARY KEY,
    audit TEXT NOT NULL UNIQUE,
    source TEXT NOT NULL,
    scope TEXT NOT NULL,
    pace TEXT NOT NULL,
    trigger TEXT NOT NULL CHECK (trigger IN ('schedule', 'operator')),
    operator TEXT NOT NULL,
    started_at TEXT NOT NULL,
    ended_at TEXT,
    state TEXT NOT NULL CHECK (state IN ('running', 'done', 'cancelled', 'failed')),
    outcome TEXT,
    report TEXT,
    owner_host TEXT NOT NULL,
    owner_pid INTEGER NOT NULL,
    owner_instance TEXT NOT NULL
  ) STRICT;
  CREATE INDEX audits_by_source ON audits (source, audit_key);
  CREATE INDEX audits_running ON audits (audit_key) WHERE state = 'running';

  CREATE TABLE audit_findings (
    audit_key INTEGER NOT NULL REFERENCES audits ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL,
    chain TEXT NOT NULL,
    id TEXT NOT NULL,
    previous_id TEXT,
    missing_to TEXT,
    hole TEXT,
    PRIMARY KEY (audit_key, seq)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX audit_findings_by_chain ON audit_findings (audit_key, chain, seq);

  CREATE TABLE audit_marks (
    source TEXT NOT NULL,
    outbox TEXT NOT NULL,
    read_to TEXT NOT NULL,
    intact_to TEXT,
    audit TEXT NOT NULL,
    PRIMARY KEY (source, outbox)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE audit_watches (
    source TEXT PRIMARY KEY,
    every_sec INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  // Mappings that an operator has seen at work on live rows.
  `
  CREATE TABLE mapping_confirmations (
    source TEXT NOT NULL,
    digest TEXT NOT NULL,
    operator TEXT NOT NULL,
    at TEXT NOT NULL,
    actions TEXT NOT NULL,
    PRIMARY KEY (source, digest)
  ) STRICT, WITHOUT ROWID;
  `,
  // Records of topics that need no delivery: they cannot be removed, so that only this says so.
  `
  CREATE TABLE record_discards (
    place TEXT NOT NULL,
    id TEXT NOT NULL,
    plan TEXT NOT NULL,
    operator TEXT NOT NULL,
    reason TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (place, id)
  ) STRICT, WITHOUT ROWID;
  `,
  // Half messages whose producer is asked: how often, and what it said; and the runs that ask.
  `
  CREATE TABLE half_messages (
    source TEXT NOT NULL,
    id TEXT NOT NULL,
    message_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('undecided', 'deciding', 'parked')),
    checks INTEGER NOT NULL,
    asked_at TEXT NOT NULL,
    last TEXT,
    PRIMARY KEY (source, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX half_messages_by_state ON half_messages (source, state, asked_at);

  CREATE TABLE check_runs (
    run_key INTEGER PRIMARY KEY,
    run TEXT NOT NULL UNIQUE,
    source TEXT NOT NULL,
    trigger TEXT NOT NULL CHECK (trigger IN ('schedule', 'operator')),
    operator TEXT NOT NULL,
    started_at TEXT NOT NULL,
    ended_at TEXT,
    state TEXT NOT NULL CHECK (state IN ('running', 'done', 'stopped', 'failed')),
    outcome TEXT,
    code TEXT,
    reason TEXT,
    owner_host TEXT NOT NULL,
    owner_pid INTEGER NOT NULL,
    owner_instance TEXT NOT NULL
  ) STRICT;
  CREATE INDEX check_runs_by_source ON check_runs (source, run_key);
  CREATE INDEX check_runs_running ON check_runs (run_key) WHERE state = 'running';

  CREATE TABLE check_backs (
    source TEXT PRIMARY KEY,
    approved TEXT,
    approved_by TEXT,
    approved_at TEXT,
    failures INTEGER NOT NULL DEFAULT 0,
    stopped_code TEXT,
    stopped_reason TEXT
  ) STRICT, WITHOUT ROWID;
  `,
  // How often a sender was asked to resend a message that its receiver has not confirmed.
  `
  CREATE TABLE upstream_resends (
    source TEXT NOT NULL,
    message_id TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    at TEXT NOT NULL,
    operator TEXT NOT NULL,
    trigger TEXT NOT NULL CHECK (trigger IN ('operator', 'callback')),
    outcome TEXT,
    status INTEGER,
    reason TEXT,
    PRIMARY KEY (source, message_id, attempt)
  ) STRICT, WITHOUT ROWID;
  `,
  // What was seen of sources and brokers over time, and the alerts that came of it.
  alertTables,
  // What operators write down beside the messages: notes, who looks after one, queries with a name.
  `
  CREATE TABLE message_notes (
    note_key INTEGER PRIMARY KEY,
    note TEXT NOT NULL UNIQUE,
    source TEXT NOT NULL,
    id TEXT NOT NULL,
    message_id TEXT NOT NULL,
    author TEXT NOT NULL,
    at TEXT NOT NULL,
    text TEXT NOT NULL
  ) STRICT;
  CREATE INDEX message_notes_by_message ON message_notes (source, message_id);
  CREATE INDEX message_notes_by_time ON message_notes (at);

  CREATE TABLE message_assignments (
    source TEXT NOT NULL,
    message_id TEXT NOT NULL,
    id TEXT NOT NULL,
    assignee TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (source, message_id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE saved_views (
    view TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    query TEXT NOT NULL,
    source TEXT,
    grouping TEXT NOT NULL,
    "order" TEXT NOT NULL CHECK ("order" IN ('newest', 'oldest')),
    saved_by TEXT NOT NULL,
    saved_at TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  // The head of the journal, signed.
  checkpointTable,
  // A second person's yes, as it was handed in.
  approvalTables,
  // Who may come into the http host.
  operatorTables,
]
