import { troubles } from './message.ts'
import type { Trouble } from './message.ts'
import type { OutcomeSums, SourceSample } from './sample.ts'

/**
 * Stretches of time that can be drawn. A cell is never narrower than the samples of that age lie apart (see `samplesKept`),
 * and never narrower than two rounds.
 */
export const ranges = {
  '1h': { cells: 30, cellMs: 120_000 },
  '6h': { cells: 72, cellMs: 300_000 },
  '24h': { cells: 144, cellMs: 600_000 },
  '14d': { cells: 168, cellMs: 7_200_000 },
} as const
export type Range = keyof typeof ranges

/** A value for each cell; null: nobody knows. It is drawn as a hole, never as zero and never as a line across. */
export type Cells = readonly (number | null)[]

export interface SourceSeries {
  readonly levels: Readonly<Record<Trouble, Cells>>
  readonly unsettled: Cells
  /** Of all troubles together. */
  readonly backlog: Cells
  readonly oldestSec: Cells
  /** How many publishes came to each outcome since the cell before. */
  readonly outcomes: Readonly<Record<keyof OutcomeSums, Cells>>
}

export interface Frame {
  /** Begin of the first cell. */
  readonly fromMs: number
  readonly cellMs: number
  readonly cells: number
}

/** Ends with the cell that `nowMs` is in; cells begin at multiples of their width, as the stretches of the thinning do. */
export function frameOf(range: Range, nowMs: number): Frame {
  const { cells, cellMs } = ranges[range]
  const lastMs = Math.floor(nowMs / cellMs) * cellMs
  return { fromMs: lastMs - (cells - 1) * cellMs, cellMs, cells }
}

/** The worst of each cell. `samples` of one source, oldest first; those of the cell before the frame only begin the sums. */
export function seriesOf(samples: readonly SourceSample[], frame: Frame): SourceSeries {
  const cells = Array.from({ length: frame.cells }, (): SourceSample[] => [])
  for (const sample of samples) cells[Math.floor((sample.atMs - frame.fromMs) / frame.cellMs)]?.push(sample)
  const each = (value: (sample: SourceSample) => number | null): Cells =>
    cells.map((inside) => greatest(inside.map(value)))
  const level = (trouble: Trouble): Cells => each(({ levels }) => levels?.[trouble].count ?? null)
  const totals = (sample: SourceSample): number | null =>
    sample.levels === null ? null : troubles.reduce((sum, one) => sum + (sample.levels?.[one].count ?? 0), 0)
  return {
    levels: { stuck: level('stuck'), failed: level('failed'), unconfirmed: level('unconfirmed') },
    unsettled: each(({ unsettled }) => unsettled.count),
    backlog: each(totals),
    oldestSec: each(oldestSec),
    outcomes: outcomesOf(samples, cells, frame.fromMs),
  }
}

/** Zero where nothing is in trouble: nothing is old. */
function oldestSec({ levels }: SourceSample): number | null {
  if (levels === null) return null
  return Math.max(0, ...Object.values(levels).map((level) => level.oldestSec ?? 0))
}

/** A cell knows what came out of it only where the cell before was looked at as well. */
function outcomesOf(
  samples: readonly SourceSample[],
  cells: readonly (readonly SourceSample[])[],
  fromMs: number,
): SourceSeries['outcomes'] {
  const earlier = samples.findLast(({ atMs }) => atMs < fromMs) ?? null
  const lasts = cells.map((inside) => inside.at(-1) ?? null)
  const grown = (outcome: keyof OutcomeSums): Cells =>
    lasts.map((last, index) => {
      const before = index === 0 ? earlier : (lasts[index - 1] ?? null)
      return last === null || before === null ? null : Math.max(0, last.sums[outcome] - before.sums[outcome])
    })
  return {
    confirmed: grown('confirmed'),
    returned: grown('returned'),
    refused: grown('refused'),
    unknown: grown('unknown'),
  }
}

function greatest(values: readonly (number | null)[]): number | null {
  return values.reduce(
    (most, value) => (most === null || (value !== null && value > most) ? value : most),
    null,
  )
}
