import { RedriveError } from '../../domain/errors.ts'
import type { ErrorCode } from '../../domain/errors.ts'
import type {
  BrakePull,
  ItemResult,
  ItemState,
  Job,
  JobItem,
  JobKind,
  JobState,
  RunOptions,
  Settlement,
  Tally,
} from '../../domain/job.ts'
import { jobMayMove } from '../../domain/job.ts'
import type { Destination } from '../../domain/message.ts'
import type { Owner } from '../../ports/job-store.ts'
import type { PlanItemRow } from './plan-row.ts'

export interface JobRow extends Tally {
  readonly jobKey: number
  readonly planKey: number
  readonly job: string
  readonly kind: JobKind
  readonly plan: string
  readonly digest: string
  readonly source: string
  readonly broker: string
  readonly state: JobState
  readonly operator: string
  readonly options: string
  readonly createdAt: string
  readonly endedAt: string | null
  readonly interruptionCode: ErrorCode | null
  readonly interruptionReason: string | null
  readonly interruptionPull: string | null
  readonly ownerHost: string | null
  readonly ownerPid: number | null
  readonly ownerInstance: string | null
  readonly items: number
  readonly ended: number
}

export function jobOf(row: JobRow): Job {
  const { job, kind, plan, digest, source, broker, state, operator, createdAt, endedAt, items, ended } = row
  const { confirmed, returned, refused, unknown, skipped, parked, unsettled, unmarked } = row
  const interruption =
    row.interruptionCode === null
      ? null
      : {
          code: row.interruptionCode,
          reason: row.interruptionReason ?? '',
          pulled: row.interruptionPull === null ? null : (JSON.parse(row.interruptionPull) as BrakePull),
        }
  const tally = { confirmed, returned, refused, unknown, skipped, parked, unsettled, unmarked }
  const options = JSON.parse(row.options) as RunOptions
  const head = { job, kind, plan, digest, source, broker, state, operator, options, createdAt, endedAt }
  return { ...head, interruption, items, ended, tally }
}

export function ownerOf(row: JobRow): Owner | null {
  const { ownerHost: host, ownerPid: pid, ownerInstance: instance } = row
  return host === null || pid === null || instance === null ? null : { host, pid, instance }
}

export interface SpanRow {
  readonly first: number
  readonly last: number
  readonly itemState: ItemState
  readonly nextVersion: string | null
  readonly result: ItemResult | null
  readonly code: ErrorCode | null
  readonly reason: string | null
  readonly marked: 0 | 1 | null
  readonly settledAs: Settlement | null
  readonly updatedAt: string
}

/** Written out, for the reason of `planItemOf`. */
/**
 * Items of one page mostly say the same of where they go: they share its text with the one `before`, or each would hold a
 * copy while it waits for its turn.
 */
export function jobItemOf(row: PlanItemRow, span: SpanRow, before: JobItem | undefined): JobItem {
  return {
    seq: row.seq,
    id: row.id,
    version: span.nextVersion ?? row.version,
    messageId: row.messageId,
    state: row.state === before?.state ? before.state : row.state,
    attempts: row.attempts,
    type: row.type === before?.type ? before.type : row.type,
    chainKey: row.chainKey,
    destination: destinationOf(row, before),
    payloadDigest: row.payloadDigest,
    payload: row.payload,
    createdAt: row.createdAt,
    itemState: span.itemState,
    result: span.result,
    code: span.code,
    reason: span.reason,
    marked: span.marked === null ? null : span.marked === 1,
    settledAs: span.settledAs,
    updatedAt: span.updatedAt,
  }
}

function destinationOf({ exchange, routingKey }: PlanItemRow, before: JobItem | undefined): Destination {
  const last = before?.destination
  return last?.exchange === exchange && last.routingKey === routingKey ? last : { exchange, routingKey }
}

/** Throws `job-busy` where the job has another owner than the one that is named. */
export function requireOwner({ job, ownerInstance }: JobRow, owner: Owner | undefined): void {
  if (owner === undefined || ownerInstance === owner.instance) return
  throw new RedriveError('job-busy', 'never', { job })
}

/** Whether a job may make this step now. */
export function jobMay(row: JobRow, from: JobState, to: JobState): boolean {
  const everyItemEnded = row.ended === row.items
  return row.state === from && jobMayMove(from, to) && (to !== 'done' || everyItemEnded)
}
