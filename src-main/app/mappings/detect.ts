import { proposeMapping } from '../../domain/mapping/propose.ts'
import type { Guess } from '../../domain/mapping/propose-draft.ts'
import type { Mapping } from '../../domain/mapping/mapping.ts'
import { looksLikeOutbox } from '../../domain/mapping/roles.ts'
import { say } from '../../domain/text.ts'
import type { Words } from '../../domain/text.ts'
import type { SurveyedTable } from '../../domain/mapping/surveyed.ts'
import { tableName } from '../../domain/mapping/table-name.ts'
import type { Survey } from '../../ports/survey.ts'
import type { Connections } from '../connections/connections.ts'
import type { EnginePorts } from '../engine-ports.ts'

/** A known layout that fits so well is not guessed at again. */
const KNOWN_SCORE_MIN = 0.9
/** A table that fits worse does not look like one; an operator may pick it all the same. */
const PROPOSAL_SCORE_MIN = 0.3
/** Tables that are sampled at most; the rest is told from the catalogue only. */
const PROPOSALS_MAX = 20

export interface Candidate {
  /** Null: a proposed mapping, of a layout that Redrive does not know. */
  readonly profile: string | null
  readonly table: string
  /** From 0 to 1. */
  readonly score: number
  readonly reasons: readonly Words[]
  readonly writes: 'allowed' | 'needs-confirmation' | 'refused'
  /** Of a proposed mapping: each guess with its evidence. */
  readonly guesses: readonly Guess[]
  readonly mapping: Mapping
}

/** Candidates of all tables that the source's user can read, or of the one that was picked, best first. */
export async function detectOutboxes(
  ports: EnginePorts,
  connections: Connections,
  { source, table: picked }: { readonly source: string; readonly table: string | null },
  signal: AbortSignal,
): Promise<readonly Candidate[]> {
  const survey = await connections.survey(source, signal)
  try {
    const tables = await survey.tables(signal)
    const looked = picked === null ? tables : tables.filter((table) => tableName(table) === picked)
    const known = looked.flatMap((table) => knownOf(ports, table, tables))
    const certain = new Set(
      known
        .filter(({ score, writes }) => score >= KNOWN_SCORE_MIN && writes !== 'refused')
        .map((one) => one.table),
    )
    const unknown = looked
      .filter((table) => !certain.has(tableName(table)) && (picked !== null || looksLikeOutbox(table)))
      .slice(0, PROPOSALS_MAX)
    const proposed: Candidate[] = []
    const scoreMin = picked === null ? PROPOSAL_SCORE_MIN : 0
    for (const table of unknown) {
      proposed.push(...(await proposalOf(survey, { table, tables, scoreMin }, signal)))
    }
    return [...known, ...proposed].sort((a, b) => b.score - a.score)
  } finally {
    await survey.close()
  }
}

function knownOf(
  { mapping: { layouts } }: EnginePorts,
  table: SurveyedTable,
  tables: readonly SurveyedTable[],
): readonly Candidate[] {
  const neighbours = tables.filter((other) => other !== table)
  return layouts.detect(table, neighbours).map((one) => ({
    ...one,
    table: tableName(table),
    guesses: [],
    writes: one.writes === 'needs-confirmation' && layouts.isOwn(one.mapping) ? 'allowed' : one.writes,
  }))
}

async function proposalOf(
  survey: Survey,
  {
    table,
    tables,
    scoreMin,
  }: {
    readonly table: SurveyedTable
    readonly tables: readonly SurveyedTable[]
    readonly scoreMin: number
  },
  signal: AbortSignal,
): Promise<readonly Candidate[]> {
  const rows = await survey.sample(table, signal)
  const proposal = proposeMapping({ table, neighbours: tables.filter((other) => other !== table), rows })
  const { mapping, score, guesses } = proposal
  if (score < scoreMin) return []
  const reasons = guesses.map(({ at, says, evidence, confidence }) =>
    say('fits.guess', { at, says, evidence, percent: Math.round(confidence * 100) }),
  )
  return [
    {
      profile: null,
      table: tableName(table),
      score,
      reasons,
      writes: 'needs-confirmation',
      guesses,
      mapping,
    },
  ]
}
