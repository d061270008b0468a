import type { BrokerSample, OutcomeSums, Sample, SourceSample } from '../sample.ts'
import type { AlertCondition } from './rule.ts'

/**
 * What a sample says of a condition. `holds` null: it cannot be said, and nothing follows from it: a source that does not
 * answer has neither many messages nor none.
 */
export interface Reading {
  readonly atMs: number
  readonly holds: boolean | null
  /** What was measured, in the condition's unit; null: nothing was, or it has none. */
  readonly value: number | null
}

/** `earlier`: samples of the same source, oldest first, from the window of a rate. */
export function readingOf(
  when: AlertCondition,
  sample: Sample,
  earlier: readonly SourceSample[] = [],
): Reading {
  const { atMs } = sample
  if (sample.kind === 'broker') {
    const watches = when.measure === 'broker-silent'
    return { atMs, holds: watches ? !answers(sample) : null, value: null }
  }
  switch (when.measure) {
    case 'count':
    case 'oldest':
      return { atMs, ...levelReading(when, sample) }
    case 'failure-rate':
      return { atMs, ...rateReading(when, sample, earlier) }
    case 'stopped':
      return { atMs, holds: [sample.sweep, sample.checkBack].some(isStill), value: null }
    case 'source-silent':
      return { atMs, holds: sample.levels === null, value: null }
    case 'broker-silent':
      return { atMs, holds: null, value: null }
  }
}

function answers({ state }: BrokerSample): boolean {
  return state === 'connected'
}

function isStill(health: SourceSample['sweep']): boolean {
  return health === 'stopped' || health === 'late'
}

function levelReading(
  when: Extract<AlertCondition, { readonly measure: 'count' | 'oldest' }>,
  sample: SourceSample,
): Pick<Reading, 'holds' | 'value'> {
  const level =
    when.trouble === 'unknown'
      ? { ...sample.unsettled, atLeast: false }
      : (sample.levels?.[when.trouble] ?? null)
  if (level === null) return { holds: null, value: null }
  const value = when.measure === 'count' ? level.count : (level.oldestSec ?? 0)
  if (value > when.above) return { holds: true, value }
  // There may be more, and older ones, than were counted.
  return { holds: level.atLeast ? null : false, value }
}

function rateReading(
  when: Extract<AlertCondition, { readonly measure: 'failure-rate' }>,
  sample: SourceSample,
  earlier: readonly SourceSample[],
): Pick<Reading, 'holds' | 'value'> {
  const sinceMs = sample.atMs - when.windowSec * 1_000
  const inside = earlier.filter(({ atMs }) => atMs < sample.atMs)
  const base = inside.findLast(({ atMs }) => atMs <= sinceMs) ?? inside[0]
  if (base === undefined) return { holds: null, value: null }
  const grown = (outcome: keyof OutcomeSums): number => sample.sums[outcome] - base.sums[outcome]
  const failed = grown('returned') + grown('refused') + grown('unknown')
  const all = failed + grown('confirmed')
  if (all < when.publishesMin) return { holds: false, value: null }
  const value = failed / all
  return { holds: value > when.above, value }
}
