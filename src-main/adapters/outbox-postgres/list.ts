import { RedriveError } from '../../domain/errors.ts'
import type { Message, MessageWithContent } from '../../domain/message.ts'
import { LIST_LIMIT_MAX } from '../../ports/outbox.ts'
import type { ListQuery, MessagePage } from '../../ports/outbox.ts'
import { newParams } from './compile.ts'
import { readCursor, writeCursor } from './cursor.ts'
import type { Position } from './cursor.ts'
import type { Parts } from './parts.ts'
import {
  columnsBesideKey,
  contentColumns,
  messageColumns,
  plainColumns,
  toMessage,
  toMessageWithContent,
} from './rows.ts'
import type { KnownColumns } from './rows.ts'
import { selectionOf, windowed } from './selection.ts'
import type { SelectedBranch, Selection, Window } from './selection.ts'
import { isIndexed } from './served.ts'
import type { Statement } from './session.ts'
import { inSlices } from './slices.ts'

const READ_TIMEOUT_MS = 10_000

export async function listMessages(
  parts: Parts,
  query: ListQuery,
  signal: AbortSignal,
): Promise<MessagePage> {
  if (!Number.isInteger(query.limit) || query.limit < 1 || query.limit > LIST_LIMIT_MAX) {
    throw new RedriveError('usage', 'never', { problem: `The limit is at most ${LIST_LIMIT_MAX}.` })
  }
  const position = readCursor(query.cursor, query.order)
  const selection = selectionOf(query.filter, parts.mapping, parts.sql)
  const direct = !position.sliced && isIndexed(selection, query.filter, parts.served(), parts)
  return direct
    ? listDirectly(parts, query, { position, selection }, signal)
    : listInSlices(parts, query, position, signal)
}

async function listDirectly(
  parts: Parts,
  query: ListQuery,
  { position, selection }: { position: Position; selection: Selection },
  signal: AbortSignal,
): Promise<MessagePage> {
  const after = position.after === null ? null : BigInt(position.after)
  const window = {
    order: query.order,
    // One more than asked for tells whether there is a next page.
    limit: query.limit + 1,
    from: after === null || query.order === 'newest' ? null : String(after + 1n),
    to: after === null || query.order === 'oldest' ? null : String(after - 1n),
  }
  try {
    const { statement, known } = pageOf(parts, selection, window)
    const rows = await parts.session.read(statement, query.budgetMs, signal)
    const messages = rows.slice(0, query.limit).map((row) => toMessage(row, parts.limits.attemptsMax, known))
    const more = rows.length > query.limit
    const nextCursor = more ? cursorAfter(position, messages.at(-1)) : null
    return { messages, nextCursor, scope: { complete: true } }
  } catch (error) {
    if (!(error instanceof RedriveError) || error.code !== 'query-timeout') throw error
    return {
      messages: [],
      nextCursor: writeCursor({ ...position, sliced: true }),
      scope: { complete: false, reason: 'time-budget', scannedToId: position.after },
    }
  }
}

function cursorAfter(position: Position, last: Message | undefined): string {
  return writeCursor({ ...position, after: last?.id ?? position.after })
}

interface Page {
  readonly statement: Statement
  /** What is the same for all rows and therefore not asked for: every column of a page costs. */
  readonly known: KnownColumns
}

/** Ids first, from the index alone; then the rows of just this page. One statement, or less where all is plain. */
function pageOf(parts: Parts, selection: Selection, window: Window): Page {
  const { mapping, sql } = parts
  const judged = (branch: SelectedBranch): readonly string[] => [
    `${branch.state()} as state`,
    `${branch.trouble()} as trouble`,
  ]
  const [only, second] = selection.branches
  if (only?.plain === true && second === undefined) {
    const known = { state: literal(only.state()), trouble: literal(only.trouble()) }
    const columns = (branch: SelectedBranch): readonly string[] => [
      columnsBesideKey(mapping, sql),
      ...judged(branch).slice(known.state === undefined ? 0 : known.trouble === undefined ? 1 : 2),
    ]
    const text = windowed(selection, window, columns, parts)
    return { statement: { text, values: selection.params.values }, known }
  }
  const page = windowed(selection, window, judged, parts)
  const text =
    `select ${plainColumns(mapping, sql)}, p.state, p.trouble from (${page}) p ` +
    `join ${sql.table} t on ${sql.column(mapping.key)} = p.k order by p.k ${window.order === 'newest' ? 'desc' : 'asc'}`
  return { statement: { text, values: selection.params.values }, known: {} }
}

/** The value of a constant expression; undefined where it depends on the row. */
function literal(expression: string): string | null | undefined {
  if (expression === 'null') return null
  return /^'([a-z-]+)'$/.exec(expression)?.[1]
}

async function listInSlices(
  parts: Parts,
  query: ListQuery,
  position: Position,
  signal: AbortSignal,
): Promise<MessagePage> {
  const messages: Message[] = []
  const ended = await inSlices({
    order: query.order,
    after: position.after,
    budgetMs: query.budgetMs,
    edges: (timeoutMs) => readEdges(parts, timeoutMs, signal),
    slice: async (range, timeoutMs) => {
      const window = { order: query.order, limit: query.limit - messages.length, ...range }
      const selection = selectionOf(query.filter, parts.mapping, parts.sql)
      const { statement, known } = pageOf(parts, selection, window)
      const rows = await parts.session.read(statement, timeoutMs, signal)
      return rows.map((row) => toMessage(row, parts.limits.attemptsMax, known))
    },
    take(found) {
      messages.push(...found)
      return messages.length >= query.limit
    },
  })
  if (ended.end === 'budget') {
    return {
      messages,
      nextCursor: writeCursor({ ...position, after: ended.after }),
      scope: { complete: false, reason: 'time-budget', scannedToId: ended.after },
    }
  }
  const nextCursor = ended.end === 'enough' ? cursorAfter(position, messages.at(-1)) : null
  return { messages, nextCursor, scope: { complete: true } }
}

export async function readEdges(
  { session, mapping, sql }: Parts,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<{ readonly min: string; readonly max: string } | null> {
  const key = sql.column(mapping.key)
  const text = `select (select min(${key}) from ${sql.table} t) as min, (select max(${key}) from ${sql.table} t) as max`
  const [row] = await session.read({ text, values: [] }, timeoutMs, signal)
  const min = row?.['min'] ?? null
  const max = row?.['max'] ?? null
  return min === null || max === null ? null : { min, max }
}

export async function readMessages(
  { session, mapping, sql, limits }: Parts,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<readonly MessageWithContent[]> {
  if (ids.length === 0) return []
  const params = newParams()
  const wanted = params.add(ids, 'ids')
  const text =
    `select ${messageColumns(mapping, sql, params)}, ${contentColumns(mapping, sql)} ` +
    `from unnest(${wanted}::bigint[]) with ordinality r(id, place) ` +
    `join ${sql.table} t on ${sql.column(mapping.key)} = r.id order by r.place`
  const rows = await session.read({ text, values: params.values }, READ_TIMEOUT_MS, signal)
  return rows.map((row) => toMessageWithContent(row, limits.attemptsMax))
}

/** For each chain of these rows the highest id that is sent and higher than the chain's first row here. */
export async function readLaterSent(
  { session, mapping, sql }: Parts,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map()
  const params = newParams()
  const { key, chain } = mapping
  const wanted = params.add(ids, 'ids')
  // One look for each chain, not for each row: a long chain of failed rows is walked once.
  const text =
    `select c.chain, l.later from (` +
    `select ${sql.column(chain.key, 'm')} as chain, min(${sql.column(key, 'm')}) as first ` +
    `from unnest(${wanted}::bigint[]) r(id) join ${sql.table} m on ${sql.column(key, 'm')} = r.id group by 1) c ` +
    `cross join lateral (select ${sql.column(key)} as later from ${sql.table} t ` +
    `where ${sql.column(chain.key)} = c.chain and ${sql.column(key)} > c.first ` +
    `and ${sql.isState('sent', params)} order by ${sql.column(chain.key)} desc, ${sql.column(key)} desc limit 1) l`
  const rows = await session.read({ text, values: params.values }, READ_TIMEOUT_MS, signal)
  return new Map(rows.map((row) => [row['chain'] ?? '', row['later'] ?? '']))
}
