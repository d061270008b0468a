import { SCHEMA } from './database.ts'

/** A part of the first step, as migrations.ts has it: the journal, plans, jobs and decisions. */
export const jobTables = `
  CREATE TABLE journal (
    seq bigint PRIMARY KEY,
    at TEXT NOT NULL,
    action TEXT NOT NULL,
    operator TEXT NOT NULL,
    source TEXT,
    subject TEXT,
    detail TEXT NOT NULL,
    previous_hash TEXT NOT NULL,
    hash TEXT NOT NULL
  );
  CREATE INDEX journal_by_source ON journal (source) WHERE source IS NOT NULL;
  CREATE INDEX journal_by_subject ON journal (subject) WHERE subject IS NOT NULL;

  CREATE FUNCTION journal_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN RAISE EXCEPTION ''the journal is append-only''; END';
  CREATE TRIGGER journal_keeps_rows BEFORE UPDATE OR DELETE ON journal
    FOR EACH ROW EXECUTE FUNCTION journal_is_append_only();
  CREATE TRIGGER journal_loses_none BEFORE TRUNCATE ON journal
    FOR EACH STATEMENT EXECUTE FUNCTION journal_is_append_only();
  CREATE FUNCTION journal_has_no_holes() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN
       IF NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM ${SCHEMA}.journal) THEN
         RAISE EXCEPTION ''the journal is append-only'';
       END IF;
       RETURN NEW;
     END';
  CREATE TRIGGER journal_has_no_holes BEFORE INSERT ON journal
    FOR EACH ROW EXECUTE FUNCTION journal_has_no_holes();

  CREATE TABLE plans (
    plan_key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    plan TEXT NOT NULL,
    digest TEXT NOT NULL DEFAULT '',
    items_digest TEXT NOT NULL DEFAULT '',
    source TEXT NOT NULL DEFAULT '',
    broker TEXT NOT NULL DEFAULT '',
    header TEXT NOT NULL DEFAULT '',
    items bigint NOT NULL DEFAULT 0,
    complete smallint NOT NULL CHECK (complete IN (0, 1)),
    begun_at TEXT NOT NULL
  );
  CREATE UNIQUE INDEX plans_by_id ON plans (plan) WHERE complete = 1;
  CREATE INDEX plans_incomplete ON plans (begun_at) WHERE complete = 0;

  CREATE TABLE plan_items (
    plan_key bigint NOT NULL REFERENCES plans ON DELETE CASCADE,
    seq bigint NOT NULL,
    id TEXT NOT NULL,
    version TEXT NOT NULL,
    message_id TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts bigint NOT NULL,
    type TEXT,
    chain_key TEXT,
    exchange TEXT NOT NULL,
    routing_key TEXT NOT NULL,
    payload_digest TEXT NOT NULL,
    payload TEXT,
    created_at TEXT NOT NULL,
    PRIMARY KEY (plan_key, seq)
  );
  CREATE INDEX plan_items_by_id ON plan_items (id);

  CREATE TABLE jobs (
    job_key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job TEXT NOT NULL UNIQUE,
    plan_key bigint NOT NULL UNIQUE REFERENCES plans,
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
    owner_pid bigint,
    owner_instance TEXT,
    ended bigint NOT NULL DEFAULT 0,
    confirmed bigint NOT NULL DEFAULT 0,
    returned bigint NOT NULL DEFAULT 0,
    refused bigint NOT NULL DEFAULT 0,
    unknown bigint NOT NULL DEFAULT 0,
    skipped bigint NOT NULL DEFAULT 0,
    parked bigint NOT NULL DEFAULT 0,
    unsettled bigint NOT NULL DEFAULT 0,
    unmarked bigint NOT NULL DEFAULT 0,
    CHECK (state <> 'running' OR owner_instance IS NOT NULL)
  );
  CREATE INDEX jobs_by_source ON jobs (source);
  CREATE INDEX jobs_running ON jobs (job_key) WHERE state = 'running';
  CREATE INDEX jobs_unsettled ON jobs (source, unsettled) WHERE unsettled > 0;

  CREATE TABLE job_spans (
    job_key bigint NOT NULL REFERENCES jobs,
    first_seq bigint NOT NULL,
    last_seq bigint NOT NULL,
    state TEXT NOT NULL,
    version TEXT,
    result TEXT,
    code TEXT,
    reason TEXT,
    marked smallint,
    settled_as TEXT,
    settled_reason TEXT,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (job_key, first_seq)
  );
  CREATE INDEX job_spans_open ON job_spans (job_key, first_seq) WHERE state <> 'done';
  CREATE INDEX job_spans_unsettled ON job_spans (job_key, first_seq) WHERE result = 'unknown' AND settled_as IS NULL;
  CREATE INDEX job_spans_not_confirmed ON job_spans (job_key, first_seq) WHERE result <> 'confirmed';

  CREATE TABLE decisions (
    decision_key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
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
  );
  CREATE INDEX decisions_by_message ON decisions (id, source);
  CREATE INDEX decisions_by_source ON decisions (source);
  CREATE INDEX decisions_intended ON decisions (decision_key) WHERE state = 'intended';
  `
