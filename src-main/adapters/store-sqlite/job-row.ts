import type { ErrorCode } from '../../domain/errors.ts'
import type { ItemResult, ItemState, Job, JobItem, JobState, Settlement, Tally } from '../../domain/job.ts'
import type { Owner } from '../../ports/job-store.ts'
import { PLAN_ITEM_COLUMNS, planItemOf } from './plans.ts'
import type { PlanItemRow } from './plans.ts'

export interface JobRow extends Tally {
  readonly jobKey: number
  readonly planKey: number
  readonly job: string
  readonly plan: string
  readonly digest: string
  readonly source: string
  readonly broker: string
  readonly state: JobState
  readonly operator: string
  readonly rate: number | null
  readonly createdAt: string
  readonly endedAt: string | null
  readonly interruptionCode: ErrorCode | null
  readonly interruptionReason: string | null
  readonly ownerHost: string | null
  readonly ownerPid: number | null
  readonly ownerInstance: string | null
  readonly items: number
  readonly ended: number
}

/** A job with what it takes from its plan; ends before WHERE. */
export const SELECT_JOB = `
  SELECT j.job_key AS jobKey, j.plan_key AS planKey, j.job, p.plan, p.digest, j.source, p.broker, j.state, j.operator,
    j.rate, j.created_at AS createdAt, j.ended_at AS endedAt, j.interruption_code AS interruptionCode,
    j.interruption_reason AS interruptionReason, j.owner_host AS ownerHost, j.owner_pid AS ownerPid,
    j.owner_instance AS ownerInstance, p.items, j.ended, j.confirmed, j.returned, j.refused, j.unknown, j.skipped,
    j.unsettled, j.unmarked
  FROM jobs j JOIN plans p ON p.plan_key = j.plan_key`

export function jobOf(row: JobRow): Job {
  const { job, plan, digest, source, broker, state, operator, rate, createdAt, endedAt, items, ended } = row
  const { confirmed, returned, refused, unknown, skipped, unsettled, unmarked } = row
  const interruption =
    row.interruptionCode === null
      ? null
      : { code: row.interruptionCode, reason: row.interruptionReason ?? '' }
  const tally = { confirmed, returned, refused, unknown, skipped, unsettled, unmarked }
  const head = { job, plan, digest, source, broker, state, operator, rate, createdAt, endedAt }
  return { ...head, interruption, items, ended, tally }
}

export function ownerOf(row: JobRow): Owner | null {
  const { ownerHost: host, ownerPid: pid, ownerInstance: instance } = row
  return host === null || pid === null || instance === null ? null : { host, pid, instance }
}

export interface JobItemRow extends PlanItemRow {
  readonly itemState: ItemState | null
  readonly nextVersion: string | null
  readonly result: ItemResult | null
  readonly code: ErrorCode | null
  readonly reason: string | null
  readonly marked: 0 | 1 | null
  readonly settledAs: Settlement | null
  readonly updatedAt: string | null
}

/** Of `plan_items p` and `job_items i`. */
export const JOB_ITEM_COLUMNS = `${PLAN_ITEM_COLUMNS}, i.state AS itemState, i.version AS nextVersion,
  i.result, i.code, i.reason, i.marked, i.settled_as AS settledAs,
  i.updated_at AS updatedAt`

/** An item that has not begun has no row of its own: it is planned since the job began. */
export function jobItemOf(row: JobItemRow, jobCreatedAt: string): JobItem {
  const { result, code, reason, settledAs } = row
  const planned = planItemOf(row)
  return {
    ...planned,
    version: row.nextVersion ?? planned.version,
    itemState: row.itemState ?? 'planned',
    result,
    code,
    reason,
    marked: row.marked === null ? null : row.marked === 1,
    settledAs,
    updatedAt: row.updatedAt ?? jobCreatedAt,
  }
}
