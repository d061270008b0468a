import { RedriveError } from '../../domain/errors.ts'
import { SWEEP_RUNS_KEPT } from '../../domain/sweep.ts'
import type { ScheduledRun } from '../../domain/sweep.ts'
import type { RunStore } from '../../ports/sweep-store.ts'
import { requireTurn, runIn, standingIn } from '../store-rows/run-row.ts'
import type { RunRow, RunTables, StandingRow } from '../store-rows/run-row.ts'
import type { Queries } from './database.ts'
import type { Ledger } from './ledger.ts'

const selectRun = (runs: RunTables['runs']): string => `
  SELECT run, source, trigger, operator, started_at, ended_at, state, outcome, code, reason, owner_host, owner_pid,
    owner_instance
  FROM ${runs}`

/** Statements of one kind of runs. */
function statements({ runs, standings }: RunTables) {
  return {
    insert: `INSERT INTO ${runs} (run, source, trigger, operator, started_at, state, owner_host, owner_pid,
        owner_instance)
      VALUES ($1, $2, $3, $4, $5, 'running', $6, $7, $8)`,
    prune: `DELETE FROM ${runs} WHERE source = $1 AND state <> 'running' AND run_key <=
      (SELECT run_key FROM ${runs} WHERE source = $1 ORDER BY run_key DESC LIMIT 1 OFFSET $2)`,
    finish: `UPDATE ${runs} SET state = $1, ended_at = $2, outcome = $3, code = $4, reason = $5
      WHERE run = $6 AND state = 'running'`,
    count: `INSERT INTO ${standings} AS known (source, failures, stopped_code, stopped_reason) VALUES ($1, $2, $4, $5)
      ON CONFLICT (source) DO UPDATE SET failures = CASE WHEN $3::bigint = 1 THEN 0 ELSE known.failures + $2 END,
        stopped_code = coalesce($4, known.stopped_code), stopped_reason = coalesce($5, known.stopped_reason)`,
    approve: `INSERT INTO ${standings} (source, approved, approved_by, approved_at, failures) VALUES ($1, $2, $3, $4, 0)
      ON CONFLICT (source) DO UPDATE SET approved = excluded.approved, approved_by = excluded.approved_by,
        approved_at = excluded.approved_at, failures = 0, stopped_code = NULL, stopped_reason = NULL`,
    select: selectRun(runs),
    turn: `SELECT (SELECT run FROM ${runs} WHERE source = $1 ORDER BY run_key DESC LIMIT 1) AS newest,
      (SELECT count(*) FROM ${runs} WHERE source = $1 AND state = 'running') AS running`,
    standing: `SELECT approved, failures, stopped_code, stopped_reason FROM ${standings} WHERE source = $1`,
  }
}

export function openRuns<Outcome>(ledger: Ledger, tables: RunTables): RunStore<Outcome> {
  const sql = statements(tables)
  const runOf = (row: RunRow): ScheduledRun<Outcome> => runIn<Outcome>(row)
  const byId = (queries: Queries, id: string) => queries.get<RunRow>(`${sql.select} WHERE run = $1`, id)
  const found = async (queries: Queries, id: string): Promise<ScheduledRun<Outcome>> => {
    const row = await byId(queries, id)
    if (row) return runOf(row)
    throw new RedriveError('sweep-not-found', 'never', { run: id })
  }

  return {
    begin: ({ run, source, trigger, operator, owner, after }, entries) =>
      ledger.transact(async (scope) => {
        const now = await scope.get<{ newest: string | null; running: number }>(sql.turn, source)
        const told = { newest: now?.newest ?? null, isRunning: (now?.running ?? 0) > 0 }
        requireTurn({ source, ...(after === undefined ? {} : { after }) }, told)
        const who = [owner.host, owner.pid, owner.instance]
        await scope.run(sql.insert, run, source, trigger, operator, scope.at, ...who)
        await scope.run(sql.prune, source, SWEEP_RUNS_KEPT)
        entries.forEach(scope.record)
        return found(scope, run)
      }),
    end: (id, { state, outcome, trouble, stops }, entries) =>
      ledger.transact(async (scope) => {
        const text = outcome && JSON.stringify(outcome)
        const why = [trouble?.code ?? null, trouble?.reason ?? null]
        const changed = await scope.run(sql.finish, state, scope.at, text, ...why, id)
        const run = await found(scope, id)
        if (changed !== 1) {
          throw new RedriveError('job-state-forbids', 'never', { job: id, state: run.state, wanted: state })
        }
        const [failed, done] = [state === 'failed' ? 1 : 0, state === 'done' ? 1 : 0]
        await scope.run(sql.count, run.source, failed, done, stops?.code ?? null, stops?.reason ?? null)
        entries.forEach(scope.record)
        return run
      }),
    run: async (id) => {
      const row = await ledger.look((queries) => byId(queries, id))
      return row ? runOf(row) : null
    },
    runs: async (source, limit) => {
      const newest = `${sql.select} WHERE source = $1 ORDER BY run_key DESC LIMIT $2`
      return (await ledger.look((queries) => queries.all<RunRow>(newest, source, limit))).map(runOf)
    },
    running: async () => {
      const running = `${sql.select} WHERE state = 'running' ORDER BY run_key`
      return (await ledger.look((queries) => queries.all<RunRow>(running))).map((row) => ({
        run: runOf(row),
        owner: { host: row.ownerHost, pid: row.ownerPid, instance: row.ownerInstance },
      }))
    },
    standing: async (source) =>
      standingIn(await ledger.look((queries) => queries.get<StandingRow>(sql.standing, source))),
    approved: async () => {
      const on = `SELECT source FROM ${tables.standings} WHERE approved IS NOT NULL ORDER BY source`
      return (await ledger.look((queries) => queries.all<{ source: string }>(on))).map(({ source }) => source)
    },
    approve: (source, approved, operator, entry) =>
      ledger.transact(async ({ at, record, run }) => {
        await run(sql.approve, source, approved, operator, at)
        record(entry)
      }),
  }
}
