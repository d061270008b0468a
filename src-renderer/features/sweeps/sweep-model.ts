import type { Sweep, SweepRun } from '../../../src-preload/contract/sweeps.ts'

/** What is to be said of a run first: what needs a person comes before how it ended. */
export type RunKind = 'running' | 'failed' | 'attention' | 'retry' | 'stopped' | 'good' | 'idle'

export function runKind({ state, outcome }: SweepRun): RunKind {
  if (state === 'running' || state === 'failed') return state
  if (outcome && outcome.failed + outcome.expired + outcome.unknown > 0) return 'attention'
  if (state === 'stopped') return 'stopped'
  if (!outcome || outcome.claimed === 0) return 'idle'
  return outcome.retried > 0 ? 'retry' : 'good'
}

export interface RunPart {
  readonly key: 'confirmed' | 'retried' | 'failed' | 'unknown'
  readonly count: number
}

/** What became of its messages; empty where nothing was due or it is not known. */
export function runParts({ outcome }: SweepRun): readonly RunPart[] {
  if (!outcome) return []
  const { confirmed, retried, failed, expired, unknown } = outcome
  const parts: readonly RunPart[] = [
    { key: 'confirmed', count: confirmed },
    { key: 'retried', count: retried },
    { key: 'failed', count: failed + expired },
    { key: 'unknown', count: unknown },
  ]
  return parts.filter(({ count }) => count > 0)
}

export interface Span {
  readonly unit: 'seconds' | 'minutes' | 'hours'
  readonly n: number
}

const MINUTE_SEC = 60
const HOUR_SEC = 3_600

/** A time as it was set: in the largest unit that says it exactly, or rounded where it was measured. */
export function spanOf(seconds: number): Span {
  if (seconds >= HOUR_SEC && seconds % HOUR_SEC === 0) return { unit: 'hours', n: seconds / HOUR_SEC }
  if (seconds >= MINUTE_SEC && seconds % MINUTE_SEC === 0) return { unit: 'minutes', n: seconds / MINUTE_SEC }
  return { unit: 'seconds', n: seconds < 10 ? Math.round(seconds * 10) / 10 : Math.round(seconds) }
}

/** Seconds until then, never less than none; null: no time is set. */
export function secondsUntil(at: string | null, nowMs: number): number | null {
  return at === null ? null : Math.max(0, Math.ceil((Date.parse(at) - nowMs) / 1_000))
}

export function tookSec({ startedAt, endedAt }: SweepRun): number | null {
  return endedAt === null ? null : Math.max(0, (Date.parse(endedAt) - Date.parse(startedAt)) / 1_000)
}

export function isRunning({ runs }: Sweep): boolean {
  return runs[0]?.state === 'running'
}

const ORDER = { stopped: 0, unapproved: 1, on: 2, off: 3 } as const

/** What needs a person first, then what runs, then by name. */
export function byUrgency(sweeps: readonly Sweep[]): Sweep[] {
  return sweeps.toSorted((a, b) => ORDER[a.state] - ORDER[b.state] || a.source.localeCompare(b.source))
}
