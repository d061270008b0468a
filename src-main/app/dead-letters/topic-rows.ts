import { recordDigest, recordId, recordPosition } from '../../domain/dead-letter/record-letter.ts'
import type { RecordLetter } from '../../domain/dead-letter/record-letter.ts'
import { redrivenRecord } from '../../domain/dead-letter/redriven-record.ts'
import { recordStory } from '../../domain/dead-letter/record-story.ts'
import { RedriveError } from '../../domain/errors.ts'
import type { Job } from '../../domain/job.ts'
import type { JobStore } from '../../ports/job-store.ts'
import type { ClaimRequest, ClaimResult, MarkRequest, MarkResult } from '../../ports/outbox.ts'
import type { RecordLedger } from '../../ports/record-ledger.ts'
import type { Topics } from '../../ports/topics.ts'

/** Records that lie no further apart are read in one go: to ask once more costs about as much as to read these. */
const GAP_MAX = 500n

export interface TopicRowsOptions {
  readonly topics: Topics
  readonly topic: string
  readonly job: Job
  readonly ledger: RecordLedger
  readonly plans: Pick<JobStore, 'plan'>
}

interface Run {
  readonly partition: number
  readonly begin: bigint
  readonly end: bigint
}

/**
 * The records of a topic as the rows of a job.
 *
 *   claimed    = written down as claimed in the store, found again at its offset, and marked by nobody since the plan was
 *                made: two jobs that reach for one record see each other's claim, and both leave it
 *   confirmed  = that the job's item is: a record cannot be removed, so nothing is written anywhere else
 */
export class TopicRows {
  readonly #options: TopicRowsOptions
  #plannedAt: Promise<string> | null = null

  constructor(options: TopicRowsOptions) {
    this.#options = options
  }

  async claim(
    requests: readonly ClaimRequest[],
    _token: string,
    signal: AbortSignal,
  ): Promise<readonly ClaimResult[]> {
    const ids = requests.map(({ id }) => id)
    const taken = await this.#taken(ids)
    const found = await this.#find(
      ids.filter((id) => !taken.has(id)),
      signal,
    )
    return ids.map((id): ClaimResult => {
      const letter = found.get(id)
      if (letter === undefined) return { id, claimed: false }
      const digest = recordDigest(letter)
      const attempts = (recordStory(letter).redrive?.times ?? 0) + 1
      const content = { payload: '', headers: null }
      const copy = redrivenRecord(letter, digest)
      return { id, claimed: true, version: '', attempts, content, copy, digest }
    })
  }

  mark(requests: readonly MarkRequest[]): Promise<readonly MarkResult[]> {
    return Promise.resolve(requests.map(({ id }) => ({ id, marked: true, version: '' })))
  }

  claimDue(): Promise<never> {
    const detail = {
      action: 'sweep',
      reason: 'a topic has no rows that are due',
      instead: 'Redrive its dead letters by a plan.',
    }
    return Promise.reject(new RedriveError('action-refused', 'never', detail))
  }

  /** By other jobs, or by a decision. A mark that the plan has seen was included on purpose. */
  async #taken(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const { ledger, job, plans } = this.#options
    this.#plannedAt ??= plans.plan(job.plan).then((plan) => plan?.createdAt ?? '')
    const plannedAt = await this.#plannedAt
    const marks = await ledger.marks(job.source, ids, job.job)
    const taken = [...marks].filter(
      ([, { as, at }]) => as === 'under-way' || as === 'unknown' || at >= plannedAt,
    )
    return new Set(taken.map(([id]) => id))
  }

  async #find(ids: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, RecordLetter>> {
    const { topics, topic } = this.#options
    const wanted = new Set(ids)
    const found = new Map<string, RecordLetter>()
    for (const run of runsOf(ids)) {
      for await (const { records } of topics.read({ topic, ...run }, signal)) {
        for (const letter of records) {
          const id = recordId(letter, recordDigest(letter))
          if (wanted.has(id)) found.set(id, letter)
        }
      }
    }
    return found
  }
}

/** Neighbours of one partition are one run. */
function runsOf(ids: readonly string[]): readonly Run[] {
  const positions = ids.flatMap((id) => recordPosition(id) ?? [])
  const runs: Run[] = []
  for (const [partition, of] of Map.groupBy(positions, (one) => one.partition)) {
    const offsets = of.map(({ offset }) => offset).sort((one, other) => (one < other ? -1 : 1))
    for (const offset of offsets) {
      const last = runs.at(-1)
      if (last?.partition === partition && offset - last.end <= GAP_MAX) {
        runs[runs.length - 1] = { ...last, end: offset + 1n }
      } else runs.push({ partition, begin: offset, end: offset + 1n })
    }
  }
  return runs
}
