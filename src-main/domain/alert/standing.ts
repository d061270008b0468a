import type { Reading } from './reading.ts'
import type { AlertRule } from './rule.ts'

/**
 * Where a rule stands with one subject:
 *
 *   quiet ──(holds for forSec)──▶ firing ──(does not hold for forSec)──▶ quiet
 *
 * Each change of `firing` is one firing or one resolution of one alert. A reading that says nothing, and a hole between two
 * readings, begin the time anew: what was not seen did not hold, and did not cease either.
 */
export interface AlertStanding {
  readonly firing: boolean
  /** The reading that was looked at last. */
  readonly atMs: number
  /** Since when readings say the other thing, without a hole; null: they do not. */
  readonly leaningMs: number | null
}

export type AlertTurn = 'fires' | 'resolves' | null

export interface AlertStep {
  readonly standing: AlertStanding
  readonly turn: AlertTurn
}

/** `before` null: never looked at. `holeMs`: readings that lie further apart have a hole between them. */
export function stepOf(
  rule: Pick<AlertRule, 'forSec'>,
  before: AlertStanding | null,
  reading: Reading,
  holeMs: number,
): AlertStep | null {
  const { atMs, holds } = reading
  // Another process has looked at this one, or at a later one.
  if (before !== null && atMs <= before.atMs) return null
  const firing = before?.firing ?? false
  if (holds === null || holds === firing) return { standing: { firing, atMs, leaningMs: null }, turn: null }
  const hole = before === null || atMs - before.atMs > holeMs
  const leaningMs = hole ? atMs : (before.leaningMs ?? atMs)
  if (atMs - leaningMs < rule.forSec * 1_000) return { standing: { firing, atMs, leaningMs }, turn: null }
  return { standing: { firing: holds, atMs, leaningMs: null }, turn: holds ? 'fires' : 'resolves' }
}
