import { verdict } from '../support/verdict.ts'

/** One line of the report, in the words of Jepsen's queue checker; counts of messages. */
export interface Score {
  readonly scenario: string
  readonly attempted: number
  readonly acknowledged: number
  readonly lost: number
  readonly unexpected: number
  readonly duplicated: number
  /** Outcomes that were unknown when the work ended; a person settled them. */
  readonly unknown: number
  /** What else had to hold and did not; empty: all did. */
  readonly broken: readonly string[]
}

/** Nothing lost, nothing unexpected, and no more sent twice than there were outcomes that nobody could know. */
export function isClean({ attempted, lost, unexpected, duplicated, unknown, broken }: Score): boolean {
  return attempted > 0 && lost === 0 && unexpected === 0 && duplicated <= unknown && broken.length === 0
}

export function scoreOf(
  scenario: string,
  run: {
    readonly attempted: readonly string[]
    readonly acknowledged: readonly string[]
    readonly delivered: readonly string[]
    readonly unknown: number
    readonly broken?: readonly string[]
  },
): Score {
  const { attempted, acknowledged, lost, unexpected, duplicated } = verdict(run)
  const counts = { lost: lost.length, unexpected: unexpected.length, duplicated: duplicated.length }
  return { scenario, attempted, acknowledged, ...counts, unknown: run.unknown, broken: run.broken ?? [] }
}

/** The counts of several runs of one scenario. */
export function sumOf(scenario: string, scores: readonly Score[]): Score {
  const sum = (count: (score: Score) => number): number =>
    scores.reduce((total, score) => total + count(score), 0)
  return {
    scenario,
    attempted: sum(({ attempted }) => attempted),
    acknowledged: sum(({ acknowledged }) => acknowledged),
    lost: sum(({ lost }) => lost),
    unexpected: sum(({ unexpected }) => unexpected),
    duplicated: sum(({ duplicated }) => duplicated),
    unknown: sum(({ unknown }) => unknown),
    broken: scores.flatMap(({ scenario: name, broken }) => broken.map((what) => `${name}: ${what}`)),
  }
}

const COLUMNS = ['attempted', 'acknowledged', 'lost', 'unexpected', 'duplicated', 'unknown'] as const

export function table(scores: readonly Score[]): string {
  const nameWidth = Math.max(8, ...scores.map(({ scenario }) => scenario.length))
  const line = (name: string, cells: readonly string[], end: string): string =>
    `${name.padEnd(nameWidth)} | ${cells.map((cell, at) => cell.padStart(COLUMNS[at]?.length ?? 0)).join(' | ')} | ${end}`
  const rows = scores.map((score) => {
    const cells = COLUMNS.map((column) => String(score[column]))
    return line(score.scenario, cells, isClean(score) ? 'ok' : `BROKEN ${score.broken.join('; ')}`)
  })
  return [line('scenario', COLUMNS, 'verdict'), ...rows].join('\n')
}
