/** One line of the bench's table. */
export interface BenchLine {
  readonly name: string
  readonly value: number
  readonly limit: number
  /** Whether the limit is the most or the least that is allowed; the most where it is not said. */
  readonly bound?: 'most' | 'least'
  readonly ok: boolean
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN
}
