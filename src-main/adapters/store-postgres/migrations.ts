import { alertTables } from './alert-migrations.ts'
import { jobTables } from './job-migrations.ts'

/**
 * Of one console that has the store open: its latest write. A connection that is lost in a COMMIT leaves open whether it
 * was carried out; whoever asked finds it here, or not. And how long each process is known to be there.
 */
const ownTables = `
  CREATE TABLE writers (
    writer TEXT PRIMARY KEY,
    write bigint NOT NULL,
    begun_at TEXT NOT NULL
  );

  CREATE TABLE owners (
    instance TEXT PRIMARY KEY,
    host TEXT NOT NULL,
    pid bigint NOT NULL,
    until timestamptz NOT NULL
  );
  `

/** Runs that a schedule or a person begins, and how each source stands with them: of sweeps, and of asking for half messages. */
const scheduled = (runs: string, standings: string): string => `
  CREATE TABLE ${runs} (
    run_key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
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
    owner_pid bigint NOT NULL,
    owner_instance TEXT NOT NULL
  );
  CREATE INDEX ${runs}_by_source ON ${runs} (source, run_key);
  CREATE INDEX ${runs}_running ON ${runs} (run_key) WHERE state = 'running';

  CREATE TABLE ${standings} (
    source TEXT PRIMARY KEY,
    approved TEXT,
    approved_by TEXT,
    approved_at TEXT,
    failures bigint NOT NULL DEFAULT 0,
    stopped_code TEXT,
    stopped_reason TEXT
  );`

const runTables = `
${scheduled('sweep_runs', 'sweeps')}

  CREATE TABLE audits (
    audit_key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
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
    owner_pid bigint NOT NULL,
    owner_instance TEXT NOT NULL
  );
  CREATE INDEX audits_by_source ON audits (source, audit_key);
  CREATE INDEX audits_running ON audits (audit_key) WHERE state = 'running';

  CREATE TABLE audit_findings (
    audit_key bigint NOT NULL REFERENCES audits ON DELETE CASCADE,
    seq bigint NOT NULL,
    kind TEXT NOT NULL,
    chain TEXT NOT NULL,
    id TEXT NOT NULL,
    previous_id TEXT,
    missing_to TEXT,
    hole TEXT,
    PRIMARY KEY (audit_key, seq)
  );
  CREATE INDEX audit_findings_by_chain ON audit_findings (audit_key, chain, seq);

  CREATE TABLE audit_marks (
    source TEXT NOT NULL,
    outbox TEXT NOT NULL,
    read_to TEXT NOT NULL,
    intact_to TEXT,
    audit TEXT NOT NULL,
    PRIMARY KEY (source, outbox)
  );

  CREATE TABLE audit_watches (
    source TEXT PRIMARY KEY,
    every_sec bigint NOT NULL
  );

  CREATE TABLE mapping_confirmations (
    source TEXT NOT NULL,
    digest TEXT NOT NULL,
    operator TEXT NOT NULL,
    at TEXT NOT NULL,
    actions TEXT NOT NULL,
    PRIMARY KEY (source, digest)
  );

  CREATE TABLE record_discards (
    place TEXT NOT NULL,
    id TEXT NOT NULL,
    plan TEXT NOT NULL,
    operator TEXT NOT NULL,
    reason TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (place, id)
  );

  CREATE TABLE half_messages (
    source TEXT NOT NULL,
    id TEXT NOT NULL,
    message_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('undecided', 'deciding', 'parked')),
    checks bigint NOT NULL,
    asked_at TEXT NOT NULL,
    last TEXT,
    PRIMARY KEY (source, id)
  );
  CREATE INDEX half_messages_by_state ON half_messages (source, state, asked_at);

${scheduled('check_runs', 'check_backs')}

  CREATE TABLE upstream_resends (
    source TEXT NOT NULL,
    message_id TEXT NOT NULL,
    attempt bigint NOT NULL,
    at TEXT NOT NULL,
    operator TEXT NOT NULL,
    trigger TEXT NOT NULL CHECK (trigger IN ('operator', 'callback')),
    outcome TEXT,
    status bigint,
    reason TEXT,
    PRIMARY KEY (source, message_id, attempt)
  );
  `

/** What operators write down beside the messages. */
const triageTables = `
  CREATE TABLE message_notes (
    note_key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    note TEXT NOT NULL UNIQUE,
    source TEXT NOT NULL,
    id TEXT NOT NULL,
    message_id TEXT NOT NULL,
    author TEXT NOT NULL,
    at TEXT NOT NULL,
    text TEXT NOT NULL
  );
  CREATE INDEX message_notes_by_message ON message_notes (source, message_id);
  CREATE INDEX message_notes_by_time ON message_notes (at);

  CREATE TABLE message_assignments (
    source TEXT NOT NULL,
    message_id TEXT NOT NULL,
    id TEXT NOT NULL,
    assignee TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (source, message_id)
  );

  CREATE TABLE saved_views (
    view TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    query TEXT NOT NULL,
    source TEXT,
    grouping TEXT NOT NULL,
    "order" TEXT NOT NULL CHECK ("order" IN ('newest', 'oldest')),
    saved_by TEXT NOT NULL,
    saved_at TEXT NOT NULL
  );
  `

/** A second person's yes, as it was handed in. */
const approvalTables = `
  CREATE TABLE approvals (
    approval_key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    plan TEXT NOT NULL,
    text TEXT NOT NULL,
    given_at TEXT NOT NULL
  );
  -- The text of one is longer than a key of an index may be.
  CREATE UNIQUE INDEX approvals_once ON approvals (plan, md5(text));
  `

/** Who may come into the http host. */
const operatorTables = `
  CREATE TABLE operator_tokens (
    token_key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    token TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'approver', 'administrator')),
    digest TEXT NOT NULL,
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    revoked_at TEXT
  );
  CREATE INDEX operator_tokens_by_name ON operator_tokens (name);
  `

/** Ordered by bytes, as in the local store, whatever the collation of the database is. */
const byBytes = (sql: string): string => sql.replaceAll(' TEXT', ' text COLLATE "C"')

/**
 * The schema, forward only, with the same tables as the local store's. A released step is never edited; a change is a new
 * step at the end. The number of steps done is `version` of the table `store`.
 */
export const migrations: readonly string[] = [
  [ownTables, jobTables, runTables, alertTables, triageTables, approvalTables].map(byBytes).join(''),
  byBytes(operatorTables),
]
