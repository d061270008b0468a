import { RedriveError } from '../../domain/errors.ts'
import { SWEEP_RUNS_KEPT } from '../../domain/sweep.ts'
import type { ScheduledRun } from '../../domain/sweep.ts'
import type { NewSweepRun, RunStore } from '../../ports/sweep-store.ts'
import { requireTurn, runIn, standingIn } from '../store-rows/run-row.ts'
import type { RunRow, RunTables, StandingRow } from '../store-rows/run-row.ts'
import type { Sqlite } from './database.ts'
import type { Ledger } from './ledger.ts'

const selectRun = (runs: RunTables['runs']): string => `
  SELECT run, source, trigger, operator, started_at AS startedAt, ended_at AS endedAt, state, outcome, code, reason,
    owner_host AS ownerHost, owner_pid AS ownerPid, owner_instance AS ownerInstance
  FROM ${runs}`

/** Compiled once. */
function prepare(db: Sqlite, { runs, standings }: RunTables) {
  const select = selectRun(runs)
  const insert = db.prepare<NewSweepRun['owner'] & Omit<NewSweepRun, 'owner'> & { startedAt: string }>(
    `INSERT INTO ${runs} (run, source, trigger, operator, started_at, state, owner_host, owner_pid, owner_instance)
     VALUES (@run, @source, @trigger, @operator, @startedAt, 'running', @host, @pid, @instance)`,
  )
  const prune = db.prepare<[string, string, number]>(
    `DELETE FROM ${runs} WHERE source = ? AND state <> 'running' AND run_key <=
       (SELECT run_key FROM ${runs} WHERE source = ? ORDER BY run_key DESC LIMIT 1 OFFSET ?)`,
  )
  const finish = db.prepare<unknown[]>(
    `UPDATE ${runs} SET state = ?, ended_at = ?, outcome = ?, code = ?, reason = ? WHERE run = ? AND state = 'running'`,
  )
  const count = db.prepare<{
    source: string
    failed: number
    done: number
    code: string | null
    reason: string | null
  }>(
    `INSERT INTO ${standings} (source, failures, stopped_code, stopped_reason) VALUES (@source, @failed, @code, @reason)
     ON CONFLICT (source) DO UPDATE SET failures = CASE WHEN @done THEN 0 ELSE failures + @failed END,
       stopped_code = coalesce(@code, stopped_code), stopped_reason = coalesce(@reason, stopped_reason)`,
  )
  const approve = db.prepare<unknown[]>(
    `INSERT INTO ${standings} (source, approved, approved_by, approved_at, failures) VALUES (?, ?, ?, ?, 0)
     ON CONFLICT (source) DO UPDATE SET approved = excluded.approved, approved_by = excluded.approved_by,
       approved_at = excluded.approved_at, failures = 0, stopped_code = NULL, stopped_reason = NULL`,
  )
  const byId = db.prepare<[string], RunRow>(`${select} WHERE run = ?`)
  const newest = db.prepare<[string, number], RunRow>(
    `${select} WHERE source = ? ORDER BY run_key DESC LIMIT ?`,
  )
  const running = db.prepare<[], RunRow>(`${select} WHERE state = 'running' ORDER BY run_key`)
  const standing = db.prepare<[string], StandingRow>(
    `SELECT approved, failures, stopped_code AS stoppedCode, stopped_reason AS stoppedReason FROM ${standings}
     WHERE source = ?`,
  )
  const approved = db.prepare<[], { source: string }>(
    `SELECT source FROM ${standings} WHERE approved IS NOT NULL ORDER BY source`,
  )
  const turn = db.prepare<{ source: string }, { newest: string | null; running: number }>(
    `SELECT (SELECT run FROM ${runs} WHERE source = @source ORDER BY run_key DESC LIMIT 1) AS newest,
        (SELECT count(*) FROM ${runs} WHERE source = @source AND state = 'running') AS running`,
  )
  return { insert, prune, finish, count, approve, byId, newest, running, standing, approved, turn }
}

export function openRuns<Outcome>(db: Sqlite, ledger: Ledger, tables: RunTables): RunStore<Outcome> {
  const { insert, prune, finish, count, approve, byId, newest, running, standing, approved, turn } = prepare(
    db,
    tables,
  )

  const runOf = (row: RunRow): ScheduledRun<Outcome> => runIn<Outcome>(row)
  const found = (id: string): ScheduledRun<Outcome> => {
    const row = byId.get(id)
    if (row) return runOf(row)
    throw new RedriveError('sweep-not-found', 'never', { run: id })
  }

  return {
    begin: async ({ owner, after, ...run }, entries) =>
      ledger.transact(({ at, record }) => {
        const now = turn.get({ source: run.source })
        const told = { newest: now?.newest ?? null, isRunning: (now?.running ?? 0) > 0 }
        requireTurn({ source: run.source, ...(after === undefined ? {} : { after }) }, told)
        insert.run({ ...run, ...owner, startedAt: at })
        prune.run(run.source, run.source, SWEEP_RUNS_KEPT)
        entries.forEach(record)
        return found(run.run)
      }),
    end: async (id, { state, outcome, trouble, stops }, entries) =>
      ledger.transact(({ at, record }) => {
        const text = outcome && JSON.stringify(outcome)
        const { changes } = finish.run(state, at, text, trouble?.code ?? null, trouble?.reason ?? null, id)
        const run = found(id)
        if (changes !== 1) {
          throw new RedriveError('job-state-forbids', 'never', { job: id, state: run.state, wanted: state })
        }
        count.run({
          source: run.source,
          failed: state === 'failed' ? 1 : 0,
          done: state === 'done' ? 1 : 0,
          code: stops?.code ?? null,
          reason: stops?.reason ?? null,
        })
        entries.forEach(record)
        return run
      }),
    run: async (id) =>
      ledger.look(() => {
        const row = byId.get(id)
        return row ? runOf(row) : null
      }),
    runs: async (source, limit) => ledger.look(() => newest.all(source, limit).map(runOf)),
    running: async () =>
      ledger.look(() =>
        running.all().map((row) => ({
          run: runOf(row),
          owner: { host: row.ownerHost, pid: row.ownerPid, instance: row.ownerInstance },
        })),
      ),
    standing: async (source) => ledger.look(() => standingIn(standing.get(source))),
    approved: async () => ledger.look(() => approved.all().map(({ source }) => source)),
    approve: async (source, fingerprint, operator, entry) => {
      ledger.transact(({ at, record }) => {
        approve.run(source, fingerprint, operator, at)
        record(entry)
      })
    },
  }
}
