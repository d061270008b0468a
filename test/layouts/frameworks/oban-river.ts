import { at, expression, HOUR_SEC, json, MINUTE_SEC, utc } from '../layout.ts'
import type { Layout } from '../layout.ts'
import { job, looked, readOnly } from './job.ts'
import type { Job } from './job.ts'

const obanJobs: readonly Job[] = [
  job('waiting', 'available', 'pending', { attempts: 0, relayed: true, dueSec: -MINUTE_SEC }),
  job('waiting for hours', 'available', 'pending', {
    attempts: 0,
    relayed: true,
    dueSec: -3 * HOUR_SEC,
    trouble: 'stuck',
  }),
  job('for tomorrow', 'scheduled', 'scheduled', { attempts: 0, relayed: false, dueSec: 24 * HOUR_SEC }),
  job('running', 'executing', 'in-flight', { attempts: 1, relayed: false, dueSec: -MINUTE_SEC }),
  job('failed once', 'retryable', 'retrying', { attempts: 1, relayed: false, dueSec: MINUTE_SEC }),
  job('done', 'completed', 'sent', { attempts: 1, relayed: false, dueSec: -HOUR_SEC }),
  job('given up', 'discarded', 'failed', {
    attempts: 20,
    relayed: false,
    dueSec: -HOUR_SEC,
    trouble: 'failed',
  }),
  job('cancelled', 'cancelled', 'discarded', { attempts: 1, relayed: false, dueSec: -HOUR_SEC }),
  job('held by a person', 'suspended', 'scheduled', { attempts: 0, relayed: false, dueSec: -MINUTE_SEC }),
]

/** Times are UTC without a zone. */
export const oban: Layout = {
  ...readOnly,
  name: 'oban',
  tables: ['oban_jobs'],
  key: ['id'],
  schema: `
    create type oban_job_state as enum (
      'available', 'suspended', 'scheduled', 'executing', 'retryable', 'completed', 'discarded', 'cancelled');
    create table oban_jobs (
      id bigserial primary key, state oban_job_state not null default 'available',
      queue text not null default 'default', worker text not null, args jsonb not null default '{}',
      errors jsonb[] not null default array[]::jsonb[], attempt integer not null default 0,
      max_attempts integer not null default 20,
      inserted_at timestamp without time zone not null default timezone('UTC', now()),
      scheduled_at timestamp without time zone not null default timezone('UTC', now()),
      attempted_at timestamp without time zone, completed_at timestamp without time zone, attempted_by text[],
      discarded_at timestamp without time zone, priority integer not null default 0,
      tags text[] default array[]::text[], meta jsonb default '{}', cancelled_at timestamp without time zone,
      constraint attempt_range check (attempt >= 0 and attempt <= max_attempts),
      constraint positive_max_attempts check (max_attempts > 0),
      constraint non_negative_priority check (priority >= 0),
      constraint queue_length check (char_length(queue) > 0 and char_length(queue) < 128),
      constraint worker_length check (char_length(worker) > 0 and char_length(worker) < 128));
    create index oban_jobs_state_queue_priority_scheduled_at_id_index
      on oban_jobs (state, queue, priority, scheduled_at, id);
    create index oban_jobs_state_cancelled_at_index on oban_jobs (state, cancelled_at);
    create index oban_jobs_state_discarded_at_index on oban_jobs (state, discarded_at);
    create index oban_jobs_args_index on oban_jobs using gin (args);
    create index oban_jobs_meta_index on oban_jobs using gin (meta)`,
  rows: obanJobs.map((one, index) => ({
    ...looked(one, String(index + 1), 'Shop.Mailer', 'default'),
    cells: {
      id: index + 1,
      state: one.status,
      worker: 'Shop.Mailer',
      args: json({ order: index + 1 }),
      errors:
        one.attempts > 0
          ? expression(
              `array['{"at":"2026-11-21T08:00:00Z","attempt":1,"error":"no answer"}'::jsonb]`,
              'null',
            )
          : expression(`'{}'::jsonb[]`, 'null'),
      attempt: one.attempts,
      inserted_at: utc(Math.min(one.dueSec, 0)),
      scheduled_at: utc(one.dueSec),
      attempted_at: one.attempts > 0 ? utc(-MINUTE_SEC) : null,
      completed_at: one.status === 'completed' ? utc(-HOUR_SEC) : null,
      discarded_at: one.status === 'discarded' ? utc(-HOUR_SEC) : null,
      cancelled_at: one.status === 'cancelled' ? utc(-HOUR_SEC) : null,
    },
  })),
  relay: {
    model: 'own-tool',
    picks: [
      `select id from oban_jobs where state = 'available' and queue = 'default' and attempt < max_attempts
       order by priority asc, scheduled_at asc, id asc limit 100 for update skip locked`,
    ],
  },
  retry: {
    safe: `update oban_jobs set state = 'available', max_attempts = greatest(max_attempts, attempt + 1),
             scheduled_at = now() at time zone 'UTC', completed_at = null, cancelled_at = null, discarded_at = null
           where @row and state not in ('available', 'executing')`,
    changes: ['state', 'max_attempts', 'scheduled_at', 'discarded_at'],
    careless: {
      statement: `update oban_jobs set state = 'available' where @row`,
      comesTo: 'never-relayed',
    },
  },
}

const riverJobs: readonly Job[] = [
  job('waiting', 'available', 'pending', { attempts: 0, relayed: true, dueSec: -MINUTE_SEC }),
  job('for tomorrow', 'scheduled', 'scheduled', { attempts: 0, relayed: false, dueSec: 24 * HOUR_SEC }),
  job('held back by a workflow', 'pending', 'scheduled', {
    attempts: 0,
    relayed: false,
    dueSec: -MINUTE_SEC,
  }),
  job('running', 'running', 'in-flight', { attempts: 1, relayed: false, dueSec: -MINUTE_SEC }),
  job('failed once', 'retryable', 'retrying', { attempts: 1, relayed: false, dueSec: MINUTE_SEC }),
  job('done', 'completed', 'sent', { attempts: 1, relayed: false, dueSec: -HOUR_SEC }),
  job('given up', 'discarded', 'failed', {
    attempts: 25,
    relayed: false,
    dueSec: -HOUR_SEC,
    trouble: 'failed',
  }),
  job('cancelled', 'cancelled', 'discarded', { attempts: 1, relayed: false, dueSec: -HOUR_SEC }),
]

const riverTerminal = ['cancelled', 'completed', 'discarded']

export const river: Layout = {
  ...readOnly,
  name: 'river',
  tables: ['river_job'],
  key: ['id'],
  schema: `
    create type river_job_state as enum (
      'available', 'cancelled', 'completed', 'discarded', 'pending', 'retryable', 'running', 'scheduled');
    create table river_job (
      id bigserial primary key, state river_job_state not null default 'available', attempt smallint not null default 0,
      max_attempts smallint not null, attempted_at timestamptz, created_at timestamptz not null default now(),
      finalized_at timestamptz, scheduled_at timestamptz not null default now(), priority smallint not null default 1,
      args jsonb not null, attempted_by text[], errors jsonb[], kind text not null,
      metadata jsonb not null default '{}', queue text not null default 'default',
      tags varchar(255)[] not null default '{}', unique_key bytea, unique_states bit(8),
      constraint finalized_or_finalized_at_null check (
        (finalized_at is null and state not in ('cancelled', 'completed', 'discarded'))
        or (finalized_at is not null and state in ('cancelled', 'completed', 'discarded'))),
      constraint max_attempts_is_positive check (max_attempts > 0),
      constraint priority_in_range check (priority >= 1 and priority <= 4),
      constraint queue_length check (char_length(queue) > 0 and char_length(queue) < 128),
      constraint kind_length check (char_length(kind) > 0 and char_length(kind) < 128));
    create index river_job_kind on river_job using btree (kind);
    create index river_job_state_and_finalized_at_index on river_job using btree (state, finalized_at)
      where finalized_at is not null;
    create index river_job_prioritized_fetching_index
      on river_job using btree (state, queue, priority, scheduled_at, id);
    create index river_job_args_index on river_job using gin (args);
    create index river_job_metadata_index on river_job using gin (metadata)`,
  rows: riverJobs.map((one, index) => ({
    ...looked(one, String(index + 1), 'mail', 'default'),
    cells: {
      id: index + 1,
      state: one.status,
      attempt: one.attempts,
      max_attempts: 25,
      args: json({ order: index + 1 }),
      kind: 'mail',
      created_at: at(Math.min(one.dueSec, 0)),
      scheduled_at: at(one.dueSec),
      attempted_at: one.attempts > 0 ? at(-MINUTE_SEC) : null,
      finalized_at: riverTerminal.includes(one.status) ? at(-HOUR_SEC) : null,
    },
  })),
  relay: {
    model: 'own-tool',
    picks: [
      `select id from river_job where state = 'available' and queue = 'default' and scheduled_at <= now()
       order by priority asc, scheduled_at asc, id asc limit 100 for update skip locked`,
    ],
  },
  retry: {
    safe: `update river_job set state = 'available', scheduled_at = now(), finalized_at = null,
             max_attempts = case when attempt = max_attempts then max_attempts + 1 else max_attempts end
           where @row and state <> 'running'`,
    changes: ['state', 'scheduled_at', 'finalized_at', 'max_attempts'],
    careless: { statement: `update river_job set state = 'available' where @row`, comesTo: 'rejected' },
  },
}
