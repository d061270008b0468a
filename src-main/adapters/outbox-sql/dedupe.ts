import { refusesDoubles } from '../../domain/dedupe/judge-table.ts'
import type { TableBuild, TableFacts } from '../../domain/dedupe/facts.ts'
import { RedriveError } from '../../domain/errors.ts'
import type { Mapping } from '../../domain/mapping/mapping.ts'
import type { MappingPredicate } from '../../domain/mapping/values.ts'
import type { TableEvidence } from '../../domain/workspace.ts'
import type { Catalogue } from './catalogue.ts'
import type { EvidenceParts } from './evidence.ts'
import { ALIAS } from './frame.ts'

/** Proofs that are looked at for messages that were consumed twice. */
const SAMPLE_MAX = 10_000
const SAMPLE_TIMEOUT_MS = 3_000

/** How the server is asked what it knows of a table's unique indexes. */
export type ReadBuild = (of: Catalogue, signal: AbortSignal) => Promise<TableBuild>

/** Columns that a proof is found by, and what else it has to meet. */
export interface ProofColumns {
  readonly ids: readonly string[]
  readonly scope: readonly MappingPredicate[]
}

/** What a table tells of how duplicates are noticed. */
export async function tableFacts(
  {
    session,
    sql,
    build,
    found,
    processed,
  }: EvidenceParts & {
    readonly build: TableBuild
    /** Null: the mapping finds a proof in a way that names no columns. */
    readonly found: ProofColumns | null
    readonly processed: MappingPredicate | undefined
  },
  signal: AbortSignal,
): Promise<Omit<TableFacts, 'retentionSec'>> {
  const kind = 'table' as const
  if (found === null) return { kind, build, ids: null, pinned: [], sample: null }
  const { ids, scope } = found
  const pinned = [...scope, ...(processed === undefined ? [] : [processed])].flatMap(pinnedBy)
  const facts = { kind, build, ids, pinned, sample: null }
  if (refusesDoubles(facts)) return facts
  return { ...facts, sample: await sampleOf({ session, sql }, { ids, processed }, signal) }
}

/** Columns that have one value wherever the condition holds. */
function pinnedBy(of: MappingPredicate): readonly string[] {
  if ('all' in of) return of.all.flatMap(pinnedBy)
  if (!('column' in of)) return []
  if ('in' in of) return of.in.length === 1 ? [of.column] : []
  return 'equals' in of && typeof of.equals !== 'object' ? [of.column] : []
}

/** Messages with several proofs, among the first proofs that the server comes by. Null where there was no time. */
async function sampleOf(
  { session, sql }: EvidenceParts,
  { ids, processed }: { readonly ids: readonly string[]; readonly processed: MappingPredicate | undefined },
  signal: AbortSignal,
): Promise<TableFacts['sample']> {
  const params = sql.newParams()
  const columns = ids.map((id) => sql.column(id))
  const conditions = [
    ...sql.present(params),
    ...(processed === undefined ? [] : [sql.predicate(processed, params)]),
    ...columns.map((column) => `${column} is not null`),
  ]
  const names = ids.map((_, at) => `k${at}`)
  const text =
    `select coalesce(sum(n), 0) as proofs, count(case when n > 1 then 1 end) as doubled from (` +
    `select count(*) as n from (select ${columns.map((column, at) => `${column} as k${at}`).join(', ')} ` +
    `from ${sql.table} ${ALIAS} where ${conditions.join(' and ')} limit ${sql.dialect.limit(SAMPLE_MAX, params)}) s ` +
    `group by ${names.map((name) => `s.${name}`).join(', ')}) g`
  try {
    const [row] = await session.read({ text, values: params.values }, SAMPLE_TIMEOUT_MS, signal)
    return { proofs: Number(row?.['proofs'] ?? 0), doubled: Number(row?.['doubled'] ?? 0) }
  } catch (error) {
    if (error instanceof RedriveError && error.code === 'query-timeout') return null
    throw error
  }
}

/** What a source's configuration says of its receiver's table. */
export function columnsOfConfig({ messageId, scope }: TableEvidence): ProofColumns {
  return { ids: [messageId], scope: scope === undefined ? [] : [scope] }
}

/** The same of a companion, out of the condition that joins it to a row of the outbox. Null: it is more than equal columns. */
export function columnsOfCompanion(on: MappingPredicate): ProofColumns | null {
  const parts = 'all' in on ? on.all : [on]
  const ids: string[] = []
  const scope: MappingPredicate[] = []
  for (const part of parts) {
    if (!namesRow(part)) scope.push(part)
    else if ('column' in part && 'equals' in part) ids.push(part.column)
    else return null
  }
  return ids.length === 0 ? null : { ids, scope }
}

/** The outbox's row is spoken of, at any depth. */
function namesRow(part: unknown): boolean {
  if (typeof part !== 'object' || part === null) return false
  return Object.entries(part).some(([name, value]) => name === 'row' || namesRow(value))
}

/** A companion as a table that is looked at by itself. */
export function companionAlone(
  mapping: Mapping,
  { ids, scope }: ProofColumns,
  inbox: (config: TableEvidence) => Mapping,
): Mapping {
  const companion = mapping.evidence?.companion ?? ''
  const columns = mapping.companions?.[companion]?.columns
  const [messageId = ''] = ids
  return {
    ...inbox({
      table: companion,
      messageId,
      scope: { all: scope },
      ...(columns === undefined ? {} : { columns }),
      retentionSec: null,
    }),
    ...(mapping.settings === undefined ? {} : { settings: mapping.settings }),
    ...(mapping.companions === undefined ? {} : { companions: mapping.companions }),
  }
}
