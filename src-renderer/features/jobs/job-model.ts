import type { ItemResult, Job } from '../../../src-preload/contract/jobs.ts'
import type { UnconfirmedResult } from '../../../src-preload/contract/plans.ts'

/** The outcomes in the order in which they are read: good first, then what needs a person. */
export const RESULTS = [
  'confirmed',
  'returned',
  'refused',
  'unknown',
  'parked',
  'skipped',
] as const satisfies ItemResult[]

/** Nothing more will happen to it by itself or by continuing it. */
export function hasEnded(job: Job): boolean {
  return job.state === 'done' || job.state === 'cancelled'
}

export function messagesLeft(job: Job): number {
  return Math.max(0, job.items - job.ended)
}

export interface ProgressPart {
  readonly result: ItemResult
  readonly count: number
  /** Of all items of the job, 0 to 1. */
  readonly share: number
}

export function progressParts(job: Job): ProgressPart[] {
  return RESULTS.map((result) => ({
    result,
    count: job.tally[result],
    share: job.items === 0 ? 0 : job.tally[result] / job.items,
  })).filter((part) => part.count > 0)
}

/** The one thing to say about a job first: what it needs from a person comes before how it ended. */
export type JobSentence =
  | 'running'
  | 'paused'
  | 'interrupted'
  | 'unsettled'
  | 'unmarked'
  | 'cancelled'
  | 'all-confirmed'
  | 'some-not-sent'

export function jobSentence(job: Job): JobSentence {
  if (job.state === 'running' || job.state === 'paused' || job.state === 'interrupted') return job.state
  if (job.tally.unsettled > 0) return 'unsettled'
  if (job.tally.unmarked > 0) return 'unmarked'
  if (job.state === 'cancelled') return 'cancelled'
  return job.tally.confirmed === job.items ? 'all-confirmed' : 'some-not-sent'
}

/**
 * What a resend of only what failed asks for. Skipped ones changed before anything was sent, so they did not fail; of
 * the unknown ones the engine takes those that somebody decided were not delivered.
 */
export function failedResults({ tally }: Job): UnconfirmedResult[] {
  const failed = (['returned', 'refused', 'parked'] as const).filter((result) => tally[result] > 0)
  return tally.unknown > tally.unsettled ? [...failed, 'unknown'] : failed
}

/** `12.5 %` */
export const percent = (ratio: number): number => Math.round(ratio * 1000) / 10
