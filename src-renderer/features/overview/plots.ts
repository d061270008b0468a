import type { SourceDetail } from '../../../src-preload/contract/overview.ts'
import type { PlotSeries, PlotValues } from '../../ui/plot-data.ts'

const MINUTE_SEC = 60
const HOUR_SEC = 3_600
const DAY_SEC = 86_400
/** Ages are read in minutes, hours and days. */
export const AGE_STEPS: readonly number[] = [
  ...[1, 5, 15, 30].map((n) => n * MINUTE_SEC),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR_SEC),
  ...[1, 2, 5, 10, 30, 100, 365].map((n) => n * DAY_SEC),
]

type Word = (key: string) => string

export function troubleSeries(detail: SourceDetail, word: Word): readonly PlotSeries[] {
  const line = (trouble: 'stuck' | 'failed' | 'unconfirmed'): PlotSeries => ({
    label: word(`words.trouble.${trouble}`),
    colour: trouble,
    values: detail[trouble],
    kind: 'line',
  })
  return [line('stuck'), line('failed'), line('unconfirmed')]
}

export function ageSeries(detail: SourceDetail, word: Word): readonly PlotSeries[] {
  return [
    { label: word('overview.plots.oldestOf'), colour: 'text-quiet', values: detail.oldestSec, kind: 'area' },
  ]
}

/** Bars that stand in each other: the whole in the colour of what failed, before it what did not. */
export function outcomeSeries(detail: SourceDetail, word: Word): readonly PlotSeries[] {
  const { confirmed, returned, refused, unknown } = detail
  const failed = added(returned, refused)
  const bar = (label: string, colour: string, values: PlotValues): PlotSeries => ({
    label,
    colour,
    values,
    kind: 'bars',
  })
  return [
    bar(word('words.result.unknown'), 'unknown', unknown),
    bar(word('overview.plots.failed'), 'failed', failed),
    bar(word('words.result.confirmed'), 'sent', confirmed),
  ]
}

/** What is not known of one is not known of both. */
export function added(one: PlotValues, other: PlotValues): PlotValues {
  return one.map((value, index) => {
    const more = other[index] ?? null
    return value === null || more === null ? null : value + more
  })
}
