import { RedriveError } from '../../domain/errors.ts'
import type { Job } from '../../domain/job.ts'
import type { JobStore, NewJob, Owner } from '../../ports/job-store.ts'
import { jobMay, jobOf, ownerOf, requireOwner } from '../store-rows/job-row.ts'
import type { JobRow } from '../store-rows/job-row.ts'
import { untouched } from '../store-rows/spans.ts'
import type { Queries } from './database.ts'
import { SELECT_JOB } from './job-row.ts'
import { requireGone } from './leases.ts'
import type { Ledger } from './ledger.ts'
import type { Scope } from './scope.ts'
import { insertSpans } from './spans.ts'

export type Jobs = Pick<JobStore, 'startJob' | 'moveJob' | 'runningJobs'>
type Move = Parameters<JobStore['moveJob']>[1]

/** Throws `job-not-found`. */
export async function findJob(queries: Queries, job: string): Promise<JobRow> {
  const row = await queries.get<JobRow>(`${SELECT_JOB} WHERE j.job = $1`, job)
  if (!row) throw new RedriveError('job-not-found', 'never', { job })
  return row
}

async function start(scope: Scope, { job, kind, plan, options, operator, owner }: NewJob): Promise<Job> {
  const found = await scope.get<{ planKey: number; items: number; job: string | null }>(
    `SELECT p.plan_key, p.items, j.job FROM plans p LEFT JOIN jobs j ON j.plan_key = p.plan_key
     WHERE p.plan = $1 AND p.complete = 1`,
    plan,
  )
  if (!found) throw new RedriveError('plan-not-found', 'never', { plan })
  if (found.job !== null) throw new RedriveError('plan-already-run', 'never', { plan, job: found.job })
  const who = [owner.host, owner.pid, owner.instance]
  await scope.run(
    `INSERT INTO jobs (job, plan_key, kind, source, state, operator, options, created_at, owner_host, owner_pid,
       owner_instance)
     SELECT $1, plan_key, $2, source, 'running', $3, $4, $5, $6, $7, $8 FROM plans WHERE plan_key = $9`,
    ...[job, kind, operator, JSON.stringify(options), scope.at, ...who, found.planKey],
  )
  const row = await findJob(scope, job)
  if (found.items > 0) {
    await insertSpans(scope, row.jobKey, [{ ...untouched, first: 1, last: found.items, updatedAt: scope.at }])
  }
  return jobOf(row)
}

/** A running job goes to another process only when its own is gone. */
async function requireFree(scope: Scope, { job, state, ownerInstance }: JobRow, next: Owner): Promise<void> {
  if (state !== 'running' || ownerInstance === null || ownerInstance === next.instance) return
  await requireGone(scope, job, ownerInstance)
}

async function move(scope: Scope, job: string, { from, to, owner, by, interruption }: Move): Promise<Job> {
  const row = await findJob(scope, job)
  requireOwner(row, by)
  if (owner !== null) await requireFree(scope, row, owner)
  if (!jobMay(row, from, to) || (to === 'running' && owner === null)) {
    throw new RedriveError('job-state-forbids', 'never', { job: row.job, state: row.state, wanted: to })
  }
  const endedAt = to === 'done' || to === 'cancelled' ? scope.at : null
  const pulled = interruption?.pulled ? JSON.stringify(interruption.pulled) : null
  const why = [interruption?.code ?? null, interruption?.reason ?? null, pulled]
  const who = owner ? [owner.host, owner.pid, owner.instance] : [null, null, null]
  await scope.run(
    `UPDATE jobs SET state = $1, ended_at = $2, interruption_code = $3, interruption_reason = $4,
       interruption_pull = $5, owner_host = $6, owner_pid = $7, owner_instance = $8
     WHERE job_key = $9 AND state = $10`,
    ...[to, endedAt, ...why, ...who, row.jobKey, from],
  )
  return jobOf(await findJob(scope, job))
}

export function openJobs(ledger: Ledger): Jobs {
  return {
    startJob: (job, entry) =>
      ledger.transact(async (scope) => {
        const started = await start(scope, job)
        scope.record(entry)
        return started
      }),
    moveJob: (job, wanted, entry) =>
      ledger.transact(async (scope) => {
        const moved = await move(scope, job, wanted)
        scope.record(entry)
        return moved
      }),
    runningJobs: () =>
      ledger.look(async (queries) => {
        const rows = await queries.all<JobRow>(`${SELECT_JOB} WHERE j.state = 'running' ORDER BY j.job_key`)
        return rows.flatMap((row) => {
          const owner = ownerOf(row)
          return owner ? [{ job: row.job, owner }] : []
        })
      }),
  }
}
