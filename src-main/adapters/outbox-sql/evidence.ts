import { judgeEvidence, unknownEvidence } from '../../domain/evidence.ts'
import type { Evidence, Keeping, Sighting } from '../../domain/evidence.ts'
import type { Mapping } from '../../domain/mapping/mapping.ts'
import type { MappingPredicate } from '../../domain/mapping/values.ts'
import type { TableEvidence } from '../../domain/workspace.ts'
import type { Consumption, ConsumptionPage, EvidenceRequest } from '../../ports/evidence.ts'
import type { Compiler } from './compiler.ts'
import { ALIAS, catalogueOf, companionFrame, companionOf } from './frame.ts'
import type { Frame } from './frame.ts'
import { isoTime } from './rows.ts'
import type { Read, Row, Statement } from './statement.ts'
import { instantOfTime } from './times.ts'

/** What a look needs. */
export interface EvidenceParts {
  readonly session: { readonly read: Read }
  readonly sql: Compiler
}

/** A receiver's table that lacks an index on its message ids is not read through for every batch. */
export const EVIDENCE_TIMEOUT_MS = 5_000

/**
 * The receiver's table as a mapping of its own: the message id is its key, as the sender sees it, and what was consumed its
 * only state. So conditions, times and ids are compiled where those of an outbox are.
 */
export function inboxMapping({ messageId, processedAt, scope, processed, columns }: TableEvidence): Mapping {
  return {
    profile: 'inbox',
    key: messageId,
    messageId,
    times: processedAt === undefined ? {} : { sent: processedAt },
    ...(scope === undefined ? {} : { scope }),
    states: [{ state: 'consumed', when: processed ?? { all: [] } }],
    sentRows: 'unknown',
    relay: { model: 'none' },
    ...(columns === undefined ? {} : { columns }),
  }
}

/** By message id in the receiver's own table. */
export async function lookInTable(
  { session, sql }: EvidenceParts,
  { config, requests }: { readonly config: TableEvidence; readonly requests: readonly EvidenceRequest[] },
  signal: AbortSignal,
): Promise<readonly Evidence[]> {
  const fitting = requests.filter(({ messageId }) => sql.key.has(messageId))
  const params = sql.newParams()
  const ids = fitting.map(({ messageId }) => messageId)
  const found = columnsOf(
    {
      row: sql.present(params).join(' and ') || 'true',
      // Of a left join's row that is not there, no condition must hold.
      here: `${sql.column(config.messageId)} is not null`,
      consumed: sql.predicate(config.processed ?? { all: [] }, params),
      time: sql.time('sent', params),
    },
    sql,
  )
  const text =
    `select r.place, ${found.columns} from ${sql.dialect.given(sql.key.given(ids), params)} ` +
    `left join ${sql.table} ${ALIAS} on ${sql.key.equals(ALIAS, 'r')} and ${found.row} group by r.place`
  const rows = ids.length === 0 ? [] : await read(session, { text, values: params.values }, signal)
  const judged = judgeRows(fitting, rows, config)
  return requests.map((request) => {
    const place = fitting.indexOf(request)
    return place < 0 ? unknownEvidence('other-ids') : (judged[place] ?? unknownEvidence('row-gone'))
  })
}

/** By the outbox's rows: the mapping says how a companion's row belongs to one of them. */
export async function lookInCompanion(
  { session, sql, mapping }: EvidenceParts & { readonly mapping: Mapping },
  { companion, requests }: { readonly companion: string; readonly requests: readonly EvidenceRequest[] },
  signal: AbortSignal,
): Promise<readonly Evidence[]> {
  const known = requests.filter(({ id }) => sql.key.has(id))
  if (known.length === 0) return requests.map(() => unknownEvidence('row-gone'))
  const { processed, processedAt } = mapping.evidence ?? {}
  const params = sql.newParams()
  const ids = known.map(({ id }) => id)
  const given = sql.dialect.given(sql.key.given(ids), params)
  const inner = companionFrame(sql.frame(params), companion)
  const { schema, table } = catalogueOf(inner.world, companion)
  const { condition } = inner.world
  const on = condition(companionOf(inner.world, companion).on, inner)
  const found = columnsOf(
    {
      row: on,
      here: `(${on})`,
      consumed: consumedIn(processed, inner),
      time: processedAt === undefined ? null : instantOfTime(processedAt, inner),
    },
    sql,
  )
  // One join, not a look for each row: where no index serves the condition, the server reads the companion once.
  const text =
    `select r.place, ${found.columns} from ${given} join ${sql.table} ${ALIAS} on ${sql.key.equals(ALIAS, 'r')} ` +
    `left join ${sql.dialect.quote(schema)}.${sql.dialect.quote(table)} ${inner.alias} on ${on} group by r.place`
  const rows = await read(session, { text, values: params.values }, signal)
  const judged = judgeRows(known, rows, mapping.evidence ?? {})
  return requests.map((request) => {
    const place = known.indexOf(request)
    return (place < 0 ? undefined : judged[place]) ?? unknownEvidence('row-gone')
  })
}

function consumedIn(processed: MappingPredicate | undefined, frame: Frame): string {
  return processed === undefined ? 'true' : frame.world.condition(processed, frame)
}

interface Found {
  /** Joins a row of the receiver. */
  readonly row: string
  /** One was joined. */
  readonly here: string
  readonly consumed: string
  readonly time: string | null
}

function columnsOf({ row, here, consumed, time }: Found, { dialect }: Compiler) {
  const when = `${here} and (${consumed})`
  const first = time === null ? 'null' : `min(case when ${when} then ${time} end)`
  const columns =
    `count(case when ${here} then 1 end) as seen, count(case when ${when} then 1 end) as consumed, ` +
    `${first} as first_at, ${dialect.now({ form: 'instant', zone: null }, null, null)} as asked_at`
  return { columns, row }
}

async function read(
  session: EvidenceParts['session'],
  statement: Statement,
  signal: AbortSignal,
): Promise<readonly Row[]> {
  return session.read(statement, EVIDENCE_TIMEOUT_MS, signal)
}

/** In the order of the requests; undefined where the statement has no row for one. */
function judgeRows(
  requests: readonly EvidenceRequest[],
  rows: readonly Row[],
  keeping: Keeping,
): readonly (Evidence | undefined)[] {
  const byPlace = new Map(rows.map((row) => [Number(row['place'] ?? 0), row]))
  return requests.map(({ createdAt }, index) => {
    const row = byPlace.get(index + 1)
    if (row === undefined) return undefined
    return judgeEvidence(sightingOf(row), { createdAt, now: isoTime(row['asked_at']) ?? '' }, keeping)
  })
}

function sightingOf(row: Row): Sighting {
  const number = (name: string): number => Number(row[name] ?? 0)
  return { seen: number('seen'), consumed: number('consumed'), consumedAt: isoTime(row['first_at']) }
}

/** What was consumed, in the order of the message ids. */
export async function walkTable(
  { session, sql }: EvidenceParts,
  config: TableEvidence,
  { after, limit }: { readonly after: string | null; readonly limit: number },
  signal: AbortSignal,
): Promise<ConsumptionPage> {
  const params = sql.newParams()
  const conditions = [
    ...sql.present(params),
    sql.predicate(config.processed ?? { all: [] }, params),
    `${sql.column(config.messageId)} is not null`,
    ...(after === null ? [] : [sql.walk.bound(ALIAS, '>', after, params)]),
  ]
  const time = sql.time('sent', params)
  const text =
    `select ${sql.key.list(ALIAS)}, count(*) as times, ${time === null ? 'null' : `min(${time})`} as first_at ` +
    `from ${sql.table} ${ALIAS} where ${conditions.join(' and ')} ` +
    `group by ${sql.column(config.messageId)} order by ${sql.key.order(ALIAS, false)} limit ${sql.dialect.limit(limit, params)}`
  const rows = await read(session, { text, values: params.values }, signal)
  const consumptions = rows.map((row): Consumption => ({
    messageId: sql.key.idOf(row),
    times: Number(row['times'] ?? 0),
    firstAt: isoTime(row['first_at']),
  }))
  return { consumptions, next: rows.length < limit ? null : (consumptions.at(-1)?.messageId ?? null) }
}

/** A table of positions as a mapping: the chain is the key, the position what it says. */
export function positionsMapping({ chain, position }: NonNullable<TableEvidence['positions']>): Mapping {
  return {
    profile: 'positions',
    key: chain,
    messageId: position,
    times: {},
    states: [{ state: 'consumed', when: { all: [] } }],
    sentRows: 'unknown',
    relay: { model: 'none' },
  }
}

/** A chain that the receiver has not begun has none. */
export async function readPositions(
  { session, sql, column }: EvidenceParts & { readonly column: string },
  chains: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const known = chains.filter((chain) => sql.key.has(chain))
  if (known.length === 0) return new Map()
  const params = sql.newParams()
  const position = sql.column(column)
  const text =
    `select ${sql.key.list(ALIAS)}, ${sql.dialect.asText(position)} as position ` +
    `from ${sql.dialect.given(sql.key.given(known), params)} join ${sql.table} ${ALIAS} on ${sql.key.equals(ALIAS, 'r')} ` +
    `where ${position} is not null`
  const rows = await read(session, { text, values: params.values }, signal)
  return new Map(rows.map((row) => [sql.key.idOf(row), row['position'] ?? '']))
}
