import type { Alert } from './alert/alert.ts'
import type { Decision } from './decision.ts'
import type { Job } from './job.ts'
import type { Trouble } from './message.ts'
import type { SweepOutcome, SweepRun } from './sweep.ts'
import type { Assignment, Note } from './triage.ts'
import type { Environment } from './workspace.ts'

/** What is open in one source. */
export interface OpenSource {
  readonly source: string
  readonly environment: Environment
  /** Null: it did not answer, and what is open there is not known. */
  readonly troubles:
    | readonly {
        readonly trouble: Trouble
        readonly count: number
        /** At least so many. */
        readonly bounded: boolean
        readonly oldestCreatedAt: string | null
      }[]
    | null
  /** Code of the error where it did not answer. */
  readonly why: string | null
  /** Unknown outcomes that nobody has decided about. */
  readonly unsettled: number
}

/** Everything that the text is made of. Times in ISO-8601. */
export interface HandOver {
  readonly since: string
  readonly until: string
  readonly operator: string
  readonly sources: readonly OpenSource[]
  /** Unknown outcomes of places that are no source of the workspace: queues of dead letters. */
  readonly elsewhere: readonly { readonly place: string; readonly unsettled: number }[]
  /** Those that fire now. */
  readonly alerts: readonly Alert[]
  readonly jobs: readonly Job[]
  readonly decisions: readonly Decision[]
  readonly sweeps: readonly SweepRun[]
  readonly notes: readonly Note[]
  readonly assignments: readonly Assignment[]
  /** Lists that ended at their limit: there was more than they tell. */
  readonly cut: readonly ('jobs' | 'decisions' | 'sweeps' | 'notes' | 'assignments')[]
}

/** Decisions of one act: the same person, source, reason and fate. */
export interface DecidedTogether {
  readonly source: string
  readonly operator: string
  readonly reason: string
  readonly state: Decision['state']
  readonly count: number
  readonly at: string
}

export function decidedTogether(decisions: readonly Decision[]): DecidedTogether[] {
  const acts = new Map<string, DecidedTogether>()
  for (const { source, operator, reason, state, at } of decisions) {
    const key = JSON.stringify([source, operator, reason, state])
    const before = acts.get(key)
    const first = before === undefined || at < before.at ? at : before.at
    acts.set(key, { source, operator, reason, state, count: (before?.count ?? 0) + 1, at: first })
  }
  return [...acts.values()].sort((a, b) => (a.at < b.at ? -1 : 1))
}

export interface SweptTogether extends Pick<
  SweepOutcome,
  'claimed' | 'confirmed' | 'failed' | 'unknown' | 'expired'
> {
  readonly source: string
  readonly runs: number
  readonly failedRuns: number
}

export function sweptTogether(runs: readonly SweepRun[]): SweptTogether[] {
  const sums = new Map<string, SweptTogether>()
  for (const { source, state, outcome } of runs) {
    const before = sums.get(source)
    const add = (field: 'claimed' | 'confirmed' | 'failed' | 'unknown' | 'expired'): number =>
      (before?.[field] ?? 0) + (outcome?.[field] ?? 0)
    sums.set(source, {
      source,
      runs: (before?.runs ?? 0) + 1,
      failedRuns: (before?.failedRuns ?? 0) + Number(state === 'failed'),
      claimed: add('claimed'),
      confirmed: add('confirmed'),
      failed: add('failed'),
      unknown: add('unknown'),
      expired: add('expired'),
    })
  }
  return [...sums.values()]
}
