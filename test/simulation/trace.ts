import { createHash } from 'node:crypto'

/** Everything that happened, in order. Two runs of one seed have the same hash, or the simulation is not one. */
export interface Trace {
  line(who: string, what: string): void
  hash(): string
  tail(lines: number): readonly string[]
  readonly length: number
}

export function createTrace(nowMs: () => number): Trace {
  const lines: string[] = []
  return {
    line(who, what) {
      lines.push(`${nowMs().toFixed(1)} ${who}: ${what}`)
    },
    hash: () => createHash('sha256').update(lines.join('\n')).digest('hex'),
    tail: (count) => lines.slice(-count),
    get length() {
      return lines.length
    },
  }
}
