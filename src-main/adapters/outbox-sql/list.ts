import { seeksContent } from '../../domain/content-search.ts'
import { RedriveError } from '../../domain/errors.ts'
import type { Message, MessageWithContent } from '../../domain/message.ts'
import { LIST_LIMIT_MAX, SEARCH_ROWS_MAX } from '../../ports/outbox.ts'
import type { ListQuery, MessageFilter, MessagePage } from '../../ports/outbox.ts'
import { readCursor, writeCursor } from './cursor.ts'
import type { Position } from './cursor.ts'
import { ALIAS } from './frame.ts'
import { isIndexed } from './indexed.ts'
import { lookedOf, rowsWithin } from './looked.ts'
import type { LookParts } from './parts.ts'
import { columnsBesideKey, contentColumns, messageColumns, toMessage, toMessageWithContent } from './rows.ts'
import type { KnownColumns } from './rows.ts'
import { selectionOf, windowed } from './selection.ts'
import type { SelectedBranch, Selection, Window } from './selection.ts'
import type { SliceRange } from './slice-look.ts'
import { lookInSlices } from './slicing.ts'
import type { Row, Statement } from './statement.ts'

const READ_TIMEOUT_MS = 10_000

export async function listMessages(
  parts: LookParts,
  query: ListQuery,
  signal: AbortSignal,
): Promise<MessagePage> {
  if (!Number.isInteger(query.limit) || query.limit < 1 || query.limit > LIST_LIMIT_MAX) {
    throw new RedriveError('usage', 'never', { problem: `The limit is at most ${LIST_LIMIT_MAX}.` })
  }
  const position = readCursor(query.cursor, query.order, (place) => parts.sql.walk.parse(place))
  const selection = selectionOf(query.filter, parts.mapping, parts.sql)
  const direct = !position.sliced && isIndexed(selection, query.filter, parts.served(), parts)
  return direct
    ? listDirectly(parts, query, { position, selection }, signal)
    : listInSlices(parts, query, position, signal)
}

async function listDirectly(
  parts: LookParts,
  query: ListQuery,
  { position, selection }: { position: Position; selection: Selection },
  signal: AbortSignal,
): Promise<MessagePage> {
  const window = {
    order: query.order,
    // One more than asked for tells whether there is a next page.
    limit: query.limit + 1,
    from: null,
    to: null,
    after: position.after,
  }
  try {
    const { statement, known } = pageOf(parts, selection, window)
    const rows = await parts.session.read(statement, query.budgetMs, signal)
    const shown = rows.slice(0, query.limit)
    const messages = shown.map((row) => toMessage(row, parts, known))
    const more = rows.length > query.limit
    const nextCursor = more ? cursorAfter(position, shown.at(-1), parts) : null
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

function cursorAfter(position: Position, last: Row | undefined, { sql }: LookParts): string {
  return writeCursor({ ...position, after: last === undefined ? position.after : sql.walk.placeOf(last) })
}

interface Page {
  readonly statement: Statement
  /** What is the same for all rows and therefore not asked for: every column of a page costs. */
  readonly known: KnownColumns
}

/** Ids first, from the index alone; then the rows of just this page. One statement, or less where all is plain. */
function pageOf(parts: LookParts, selection: Selection, window: Window): Page {
  const { mapping, sql } = parts
  const judged = (branch: SelectedBranch): readonly string[] => [
    `${branch.state()} as state`,
    `${branch.trouble()} as trouble`,
  ]
  const [only, second] = selection.branches
  if (only?.plain === true && second === undefined) {
    const known = { state: literal(only.state()), trouble: literal(only.trouble()) }
    const columns = (branch: SelectedBranch): readonly string[] => [
      columnsBesideKey(mapping, sql, selection.params),
      ...judged(branch).slice(known.state === undefined ? 0 : known.trouble === undefined ? 1 : 2),
    ]
    const text = windowed(selection, window, columns, parts)
    return { statement: { text, values: selection.params.values }, known }
  }
  if (sql.walk.shared) {
    // To join them by their place would make four of two.
    const columns = (branch: SelectedBranch): readonly string[] => [
      columnsBesideKey(mapping, sql, selection.params),
      ...judged(branch),
    ]
    const text = windowed(selection, window, columns, parts)
    return { statement: { text, values: selection.params.values }, known: {} }
  }
  const page = windowed(selection, window, judged, parts)
  const order = sql.walk.orderOf(ALIAS, window.order === 'newest')
  const text =
    `select ${sql.walk.list(ALIAS)}, ${columnsBesideKey(mapping, sql, selection.params)}, p.state, p.trouble ` +
    `from (${page}) p join ${sql.table} ${ALIAS} on ${sql.walk.equals(ALIAS, 'p')} order by ${order}`
  return { statement: { text, values: selection.params.values }, known: {} }
}

/** The first page of a filter, newest first, for whoever wants to see the statement. */
export function pageStatement(parts: LookParts, filter: MessageFilter, limit: number): Statement {
  const selection = selectionOf(filter, parts.mapping, parts.sql)
  return pageOf(parts, selection, { order: 'newest', limit, from: null, to: null }).statement
}

/** The value of a constant expression; undefined where it depends on the row. */
function literal(expression: string): string | null | undefined {
  if (expression === 'null') return null
  return /^'([a-z-]+)'$/.exec(expression)?.[1]
}

async function listInSlices(
  parts: LookParts,
  query: ListQuery,
  position: Position,
  signal: AbortSignal,
): Promise<MessagePage> {
  const messages: Message[] = []
  const before = position.looked ?? 0
  let passed = 0
  let last: Row | undefined
  /** Where a search has passed as many rows as one look may; null: it has not. */
  let limitAt: string | null = null
  const ended = await lookInSlices(
    parts,
    {
      order: query.order,
      after: position.after,
      budgetMs: query.budgetMs,
      slice: (range, timeoutMs) =>
        readSlice(parts, query, range, { left: query.limit - messages.length, timeoutMs, signal }),
      take(slice) {
        messages.push(...slice.rows.map((row) => toMessage(row, parts, slice.known)))
        last = slice.rows.at(-1) ?? last
        passed += slice.passed
        if (messages.length >= query.limit) return true
        if (passed >= SEARCH_ROWS_MAX) limitAt = slice.end
        return limitAt !== null
      },
    },
    signal,
  )
  const counted = seeksContent(query.filter) ? { looked: before + passed } : {}
  const told = counted.looked === undefined ? {} : { looked: await lookedOf(parts, counted.looked, signal) }
  const next = { ...position, ...counted }
  if (ended.end === 'budget' || limitAt !== null) {
    const after = limitAt ?? (ended.end === 'budget' ? ended.after : null)
    const reason = limitAt === null ? 'time-budget' : 'row-limit'
    return {
      messages,
      nextCursor: writeCursor({ ...next, after }),
      scope: { complete: false, reason, scannedToId: after },
      ...told,
    }
  }
  const nextCursor = ended.end === 'enough' ? cursorAfter(next, last, parts) : null
  return { messages, nextCursor, scope: { complete: true }, ...told }
}

interface SliceLimits {
  /** Rows that the page still has room for. */
  readonly left: number
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

interface SliceRead {
  readonly rows: readonly Row[]
  readonly known: KnownColumns
  /** Rows that a search has passed in it, and the last place of them; null: the end of the table. */
  readonly passed: number
  readonly end: string | null
}

async function readSlice(
  parts: LookParts,
  { filter, order }: ListQuery,
  range: SliceRange,
  { left, timeoutMs, signal }: SliceLimits,
): Promise<SliceRead> {
  const { walk } = parts.sql
  const limit = walk.shared ? left + TWINS_MAX : left
  const selection = selectionOf(filter, parts.mapping, parts.sql)
  const { statement, known } = pageOf(parts, selection, { order, limit, ...range })
  const rows = withTwins(await parts.session.read(statement, timeoutMs, signal), left, parts)
  if (!seeksContent(filter)) return { rows, known, passed: 0, end: null }
  // A page that is full ends within its slice: the next one passes the rest of it.
  const full = rows.length >= left ? rows.at(-1) : undefined
  const until = full === undefined ? range : cutAt(range, order, walk.placeOf(full))
  const passed = await rowsWithin(parts, order, until, { timeoutMs, signal })
  return { rows, known, passed, end: order === 'newest' ? until.from : until.to }
}

/** The slice up to a place within it. */
function cutAt(range: SliceRange, order: ListQuery['order'], place: string): SliceRange {
  return order === 'newest' ? { ...range, from: place } : { ...range, to: place }
}

/** Rows of one place that a page shows together at most, beyond its limit. */
const TWINS_MAX = 100

/** The next page begins behind a place: rows that share the last one belong to this page, though it grows. */
function withTwins(rows: readonly Row[], limit: number, { sql }: LookParts): readonly Row[] {
  const last = rows[limit - 1]
  if (!sql.walk.shared || last === undefined) return rows.slice(0, limit)
  const place = sql.walk.placeOf(last)
  const end = rows.findIndex((row, at) => at >= limit && sql.walk.placeOf(row) !== place)
  return end < 0 ? rows : rows.slice(0, end)
}

export async function readMessages(
  parts: LookParts,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<readonly MessageWithContent[]> {
  const { session, mapping, sql } = parts
  const known = ids.filter((id) => sql.key.has(id))
  if (known.length === 0) return []
  const params = sql.newParams()
  const given = sql.dialect.given(sql.key.given(known), params)
  const columns = `${messageColumns(mapping, sql, params)}, ${contentColumns(mapping, sql, params)}`
  const conditions = [sql.key.equals(ALIAS, 'r'), ...sql.present(params)].join(' and ')
  const text = `select ${columns} from ${given} join ${sql.table} ${ALIAS} on ${conditions} order by r.place`
  const rows = await session.read({ text, values: params.values }, READ_TIMEOUT_MS, signal)
  return rows.map((row) => toMessageWithContent(row, parts))
}

/** For each chain of these rows the highest id that is sent and higher than the chain's first row here. */
export async function readLaterSent(
  { session, mapping, sql }: LookParts,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const known = ids.filter((id) => sql.key.has(id))
  const [key] = sql.key.columns
  const chain = mapping.chain?.key
  // What stands in line is told by a key that grows.
  if (known.length === 0 || typeof chain !== 'string' || key === undefined || sql.key.kind !== 'integer')
    return new Map()
  const params = sql.newParams()
  const given = sql.dialect.given(sql.key.given(known), params)
  const column = (alias: string): string => sql.column(key.name, alias)
  // One look for each chain, not for each row: a long chain of failed rows is walked once.
  const text =
    `select c.chain, (select ${column(ALIAS)} from ${sql.table} ${ALIAS} ` +
    `where ${sql.column(chain)} = c.chain and ${column(ALIAS)} > c.first ` +
    `and ${sql.isState('sent', params)} order by ${sql.column(chain)} desc, ${column(ALIAS)} desc limit 1) as later ` +
    `from (select ${sql.column(chain, 'm')} as chain, min(${column('m')}) as first ` +
    `from ${given} join ${sql.table} m on ${sql.key.equals('m', 'r')} group by ${sql.column(chain, 'm')}) c`
  const rows = await session.read({ text, values: params.values }, READ_TIMEOUT_MS, signal)
  return new Map(
    rows.flatMap(({ chain: of, later }) =>
      later === null || later === undefined ? [] : [[of ?? '', later]],
    ),
  )
}
