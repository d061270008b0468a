import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { lonely, stacked, valueRange } from './plot-data.ts'
import type { PlotSeries } from './plot-data.ts'

export interface PlotRequest {
  readonly host: HTMLElement
  readonly width: number
  readonly height: number
  /** Seconds since 1970, one for each value. */
  readonly at: readonly number[]
  readonly series: readonly PlotSeries[]
  /** Absent: a sparkline, without axes and cursor. */
  readonly axes?: {
    readonly value: (value: number) => string
    /** Distances between two lines of the axis, from which the fitting one is taken; absent: round numbers. */
    readonly steps?: readonly number[]
    readonly onCursor: (index: number | null) => void
  }
}

/** Half of the last time below a plot: where it stands at the edge, it was cut. */
const LAST_TIME_PX = 18
const DAY_SEC = 86_400
const AXIS_PX = 44
const TIME_AXIS_PX = 22
const POINT_PX = 3
const TICK_SPACE_PX = 32
const BAR_WIDTH = 0.7
const BAR_PX_MAX = 24
/** Ground below a line, as two hexadecimal digits of opacity. */
const GROUND = '22'

export interface Plot {
  destroy(): void
}

/** Draws once; what has changed is drawn anew. */
export function drawPlot({ host, width, height, at, series: raw, axes }: PlotRequest): Plot {
  const series = stacked(raw)
  const style = getComputedStyle(host)
  const colour = (name: string): string => style.getPropertyValue(`--${name}`).trim()
  const range = valueRange(series)
  const plot = new uPlot(
    {
      width,
      height,
      padding: axes ? [8, LAST_TIME_PX, 0, 0] : [2, 2, 2, 2],
      legend: { show: false },
      cursor: axes ? { y: false, points: { show: false }, drag: { x: false, y: false } } : { show: false },
      scales: { x: { time: true }, y: { range: () => range } },
      axes: axes ? axesOf(colour, axes) : [{ show: false }, { show: false }],
      series: [{}, ...series.map((one) => lineOf(one, colour))],
      ...(axes ? { hooks: { setCursor: [({ cursor }: uPlot) => axes.onCursor(cursor.idx ?? null)] } } : {}),
    },
    [[...at], ...series.map(({ values }) => [...values])],
    host,
  )
  return plot
}

function lineOf({ colour: name, values, kind }: PlotSeries, colour: (name: string) => string): uPlot.Series {
  const stroke = colour(name)
  const alone = new Set(lonely(values))
  return {
    stroke,
    width: kind === 'bars' ? 0 : 1.5,
    spanGaps: false,
    ...(kind === 'line' ? {} : { fill: kind === 'bars' ? stroke : `${stroke}${GROUND}` }),
    ...(kind === 'bars' && uPlot.paths.bars
      ? { paths: uPlot.paths.bars({ size: [BAR_WIDTH, BAR_PX_MAX] }) }
      : {}),
    points: {
      show: kind !== 'bars' && alone.size > 0,
      size: POINT_PX,
      fill: stroke,
      filter: () => [...alone],
    },
  }
}

function axesOf(
  colour: (name: string) => string,
  { value, steps }: NonNullable<PlotRequest['axes']>,
): uPlot.Axis[] {
  const stroke = colour('text-quiet')
  const font = `12px ${getComputedStyle(document.body).fontFamily}`
  const line = { stroke: colour('line'), width: 1 }
  const clock = (second: number, coarse: boolean): string => {
    const time = new Date(second * 1_000)
    const two = (n: number): string => String(n).padStart(2, '0')
    return coarse
      ? `${two(time.getMonth() + 1)}-${two(time.getDate())}`
      : `${two(time.getHours())}:${two(time.getMinutes())}`
  }
  return [
    {
      stroke,
      font,
      size: TIME_AXIS_PX,
      gap: 2,
      grid: { show: false },
      ticks: { ...line, size: 4 },
      values: (...[, splits, , , step]) => splits.map((second) => clock(second, step >= DAY_SEC)),
    },
    {
      stroke,
      font,
      size: AXIS_PX,
      gap: 4,
      space: TICK_SPACE_PX,
      ...(steps ? { incrs: [...steps] } : {}),
      grid: line,
      ticks: { show: false },
      values: (_, splits) => splits.map((split) => (Number.isInteger(split) ? value(split) : '')),
    },
  ]
}
