import { RedriveError } from '../../domain/errors.ts'
import type { Job } from '../../domain/job.ts'
import type { JobStore, NewJob } from '../../ports/job-store.ts'
import type { Sqlite } from './database.ts'
import { jobMay, jobOf, ownerOf, requireOwner } from '../store-rows/job-row.ts'
import type { JobRow } from '../store-rows/job-row.ts'
import { untouched } from '../store-rows/spans.ts'
import { SELECT_JOB } from './job-row.ts'
import type { Ledger } from './ledger.ts'
import { openSpans } from './spans.ts'

export type Jobs = Pick<JobStore, 'startJob' | 'moveJob' | 'runningJobs'>
type Move = Parameters<JobStore['moveJob']>[1]

export interface JobFinder {
  (job: string): JobRow
}

/** Throws `job-not-found`. */
export function openJobFinder(db: Sqlite): JobFinder {
  const find = db.prepare<[string], JobRow>(`${SELECT_JOB} WHERE j.job = ?`)
  return (job) => {
    const row = find.get(job)
    if (!row) throw new RedriveError('job-not-found', 'never', { job })
    return row
  }
}

export function openJobs(db: Sqlite, ledger: Ledger, findJob: JobFinder): Jobs {
  const spans = openSpans(db)
  const findPlan = db.prepare<[string], { planKey: number; items: number; job: string | null }>(
    `SELECT p.plan_key AS planKey, p.items, j.job FROM plans p LEFT JOIN jobs j ON j.plan_key = p.plan_key
     WHERE p.plan = ? AND p.complete = 1`,
  )
  const insert = db.prepare<unknown[]>(
    `INSERT INTO jobs (job, plan_key, kind, source, state, operator, options, created_at, owner_host, owner_pid,
       owner_instance)
     SELECT ?, plan_key, ?, source, 'running', ?, ?, ?, ?, ?, ? FROM plans WHERE plan_key = ?`,
  )
  const setState = db.prepare<unknown[]>(
    `UPDATE jobs SET state = ?, ended_at = ?, interruption_code = ?, interruption_reason = ?, interruption_pull = ?,
       owner_host = ?, owner_pid = ?, owner_instance = ?
     WHERE job_key = ? AND state = ?`,
  )
  const running = db.prepare<[], JobRow>(`${SELECT_JOB} WHERE j.state = 'running' ORDER BY j.job_key`)

  function start({ job, kind, plan, options, operator, owner }: NewJob, at: string): Job {
    const found = findPlan.get(plan)
    if (!found) throw new RedriveError('plan-not-found', 'never', { plan })
    if (found.job !== null) throw new RedriveError('plan-already-run', 'never', { plan, job: found.job })
    const who = [owner.host, owner.pid, owner.instance]
    insert.run(job, kind, operator, JSON.stringify(options), at, ...who, found.planKey)
    const row = findJob(job)
    if (found.items > 0) spans.add(row.jobKey, { first: 1, last: found.items }, untouched, at)
    return jobOf(row)
  }

  function move(row: JobRow, { from, to, owner, by, interruption }: Move, at: string): Job {
    requireOwner(row, by)
    if (!jobMay(row, from, to) || (to === 'running' && owner === null)) {
      throw new RedriveError('job-state-forbids', 'never', { job: row.job, state: row.state, wanted: to })
    }
    const endedAt = to === 'done' || to === 'cancelled' ? at : null
    const pulled = interruption?.pulled ? JSON.stringify(interruption.pulled) : null
    const why = [interruption?.code ?? null, interruption?.reason ?? null, pulled]
    const who = owner ? [owner.host, owner.pid, owner.instance] : [null, null, null]
    setState.run(to, endedAt, ...why, ...who, row.jobKey, from)
    return jobOf(findJob(row.job))
  }

  return {
    startJob: async (job, entry) =>
      ledger.transact(({ at, record }) => {
        const started = start(job, at)
        record(entry)
        return started
      }),
    moveJob: async (job, wanted, entry) =>
      ledger.transact(({ at, record }) => {
        const moved = move(findJob(job), wanted, at)
        record(entry)
        return moved
      }),
    runningJobs: async () =>
      ledger.look(() =>
        running.all().flatMap((row) => {
          const owner = ownerOf(row)
          return owner ? [{ job: row.job, owner }] : []
        }),
      ),
  }
}
