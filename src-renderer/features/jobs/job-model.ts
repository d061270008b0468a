import type { ItemResult, Job } from '../../../src-preload/contract/jobs.ts'

/** The outcomes in the order in which they are read: good first, then what needs a person. */
export const RESULTS = [
  'confirmed',
  'returned',
  'refused',
  'unknown',
  'skipped',
] as const satisfies ItemResult[]

/** Speed is measured over this long, so that it follows the broker and does not jump. */
const RATE_WINDOW_MS = 10_000
/** Below this a measurement says nothing. */
const RATE_SPAN_MIN_MS = 500

/** How far a job was at a time of the page's own monotonic clock. */
export interface Observation {
  readonly atMs: number
  readonly ended: number
}

/** Keeps what the window needs, and the last observation before it as its left edge. */
export function observe(seen: readonly Observation[], next: Observation): Observation[] {
  const last = seen.at(-1)
  // An item never un-ends: a smaller number is another job or a reconnect to an older state.
  const usable = last !== undefined && next.ended < last.ended ? [] : seen
  const firstInside = usable.findIndex((one) => one.atMs >= next.atMs - RATE_WINDOW_MS)
  const kept = firstInside === -1 ? usable.slice(-1) : usable.slice(Math.max(0, firstInside - 1))
  return [...kept, next]
}

/** Messages a second over the window; null where too little was seen to say. */
export function observedRate(seen: readonly Observation[]): number | null {
  const first = seen[0]
  const last = seen.at(-1)
  if (first === undefined || last === undefined) return null
  const spanMs = last.atMs - first.atMs
  if (spanMs < RATE_SPAN_MIN_MS || last.ended === first.ended) return null
  return ((last.ended - first.ended) * 1000) / spanMs
}

export function messagesLeft(job: Job): number {
  return Math.max(0, job.items - job.ended)
}

export function secondsLeft(job: Job, ratePerSec: number | null): number | null {
  if (job.state !== 'running' || ratePerSec === null) return null
  return messagesLeft(job) / ratePerSec
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
  'running' | 'interrupted' | 'unsettled' | 'unmarked' | 'cancelled' | 'all-confirmed' | 'some-not-sent'

export function jobSentence(job: Job): JobSentence {
  if (job.state === 'running' || job.state === 'interrupted') return job.state
  if (job.tally.unsettled > 0) return 'unsettled'
  if (job.tally.unmarked > 0) return 'unmarked'
  if (job.state === 'cancelled') return 'cancelled'
  return job.tally.confirmed === job.items ? 'all-confirmed' : 'some-not-sent'
}

export interface DurationParts {
  readonly unit: 'seconds' | 'minutes' | 'hours'
  readonly count: number
}

/** A time as a person would say it: whole seconds, then minutes, then hours with one digit. */
export function roughDuration(seconds: number): DurationParts {
  if (seconds < 90) return { unit: 'seconds', count: Math.max(1, Math.round(seconds)) }
  if (seconds < 5400) return { unit: 'minutes', count: Math.round(seconds / 60) }
  return { unit: 'hours', count: Math.round(seconds / 360) / 10 }
}
