/** A value for each cell; null: nobody knows. A hole is drawn as a hole. */
export type PlotValues = readonly (number | null)[]

export interface PlotSeries {
  readonly label: string
  /** Name of a colour of theme.ts, as its custom property has it. */
  readonly colour: string
  readonly values: PlotValues
  /** `area`: a line with its ground. `bars`: from zero. */
  readonly kind: 'line' | 'area' | 'bars'
}

/** The least that an axis spans: a single message must not look like a mountain. */
const SPAN_MIN = 4

/** Bars stand on those after them; lines stay as they are. Where one of them is not known, neither is the height. */
export function stacked(series: readonly PlotSeries[]): readonly PlotSeries[] {
  return series.map((one, place) => {
    if (one.kind !== 'bars') return one
    const below = series.slice(place + 1).filter(({ kind }) => kind === 'bars')
    const values = one.values.map((own, index) =>
      below.reduce<number | null>((height, { values: under }) => {
        const value = under[index] ?? null
        return height === null || value === null ? null : height + value
      }, own),
    )
    return { ...one, values }
  })
}

/** From zero to a little above the greatest value. */
export function valueRange(series: readonly PlotSeries[]): [number, number] {
  const greatest = series
    .flatMap(({ values }) => values)
    .reduce<number>((most, value) => Math.max(most, value ?? 0), 0)
  return [0, Math.max(SPAN_MIN, greatest * 1.08)]
}

/** Places of values without a neighbour: no line reaches them, so they are drawn as points. */
export function lonely(values: PlotValues): number[] {
  const known = (index: number): boolean => (values[index] ?? null) !== null
  return values.flatMap((_, index) => (known(index) && !known(index - 1) && !known(index + 1) ? [index] : []))
}

export interface Gist {
  readonly now: number | null
  readonly most: number | null
  /** Cells between the first known one and the end of which nothing is known. */
  readonly holes: number
}

/** What a plot says, for those who do not see it. */
export function gistOf(values: PlotValues): Gist {
  const first = values.findIndex((value) => value !== null)
  const known = values.filter((value) => value !== null)
  return {
    now: values.at(-1) ?? null,
    most: known.length === 0 ? null : Math.max(...known),
    holes: first < 0 ? values.length : values.slice(first).filter((value) => value === null).length,
  }
}

/** Sum of what is known; null: nothing is. */
export function sumOf(values: PlotValues): number | null {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0)
}
