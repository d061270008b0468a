import type { Mapping } from '../../domain/mapping/mapping.ts'
import type { Field } from '../../domain/mapping/values.ts'
import { valueOf } from '../../domain/mapping/walk.ts'
import type {
  Message,
  MessageContent,
  MessageState,
  MessageWithContent,
  Trouble,
} from '../../domain/message.ts'
import type { Compiler } from './compiler.ts'
import type { Limits } from './states.ts'
import type { Params, Row } from './statement.ts'
import { ALIAS } from './frame.ts'
import { decodePayload } from './content.ts'

/** What turning rows into messages needs. */
interface RowParts {
  readonly mapping: Mapping
  readonly sql: Compiler
  readonly limits: Limits
}

/** The columns of a row under alias `t`, named for `toMessage`. */
export function messageColumns(mapping: Mapping, sql: Compiler, params: Params): string {
  return `${plainColumns(mapping, sql, params)}, ${sql.state(params)} as state, ${sql.trouble(params)} as trouble`
}

/** All but state and trouble. */
export function plainColumns(mapping: Mapping, sql: Compiler, params: Params): string {
  return `${sql.key.list(ALIAS)}, ${columnsBesideKey(mapping, sql, params)}`
}

/** For a statement that has the key already: each column of a page costs, and what a layout lacks is not asked for. */
export function columnsBesideKey(mapping: Mapping, sql: Compiler, params: Params): string {
  const { chain, destination, attempts, halfMessages } = mapping
  const field = (of: Field | undefined, as: string): readonly string[] => {
    const expression = sql.field(of, params)
    return expression === null ? [] : [`${expression} as ${as}`]
  }
  const time = (name: keyof Mapping['times'], as: string): readonly string[] => {
    const expression = sql.time(name, params)
    return expression === null ? [] : [`${expression} as ${as}`]
  }
  return [
    `${sql.version(ALIAS)} as version`,
    ...field(mapping.messageId, 'message_id'),
    ...(attempts === undefined ? [] : [`${sql.attempts(params) ?? 'null'} as attempts`]),
    ...(typeof (attempts?.limit ?? 0) === 'number' ? [] : [`${sql.attemptsLimit(params)} as attempts_max`]),
    ...field(mapping.type, 'type'),
    ...field(destination?.exchange, 'exchange'),
    ...field(destination?.routingKey, 'routing_key'),
    ...field(chain?.key, 'chain_key'),
    ...field(chain?.previousId, 'previous_id'),
    ...time('created', 'created_at'),
    ...time('updated', 'updated_at'),
    ...time('nextAttempt', 'next_attempt_at'),
    ...field(mapping.lastError, 'last_error'),
    ...(mapping.payload?.messages === undefined
      ? []
      : [`${sql.number(mapping.payload.messages, params)} as messages`]),
    ...(halfMessages?.checks === undefined
      ? []
      : [`${sql.number(valueOf(halfMessages.checks.value), params)} as checks`]),
  ].join(', ')
}

/** As text, because the driver's copy of a large document must be the server's own text and nothing else. */
export function contentColumns(mapping: Mapping, sql: Compiler, params: Params): string {
  return `${payloadColumn(mapping, sql, params)} as payload, ${headersColumn(mapping, sql, params)} as headers`
}

function payloadColumn({ payload }: Mapping, sql: Compiler, params: Params): string {
  if (payload === undefined) return 'null'
  const expression = sql.field(payload.value, params) ?? 'null'
  return sql.payloadIsBytes ? sql.dialect.bytes(expression) : sql.dialect.asText(expression)
}

function headersColumn({ headers }: Mapping, sql: Compiler, params: Params): string {
  if (headers === undefined) return 'null'
  if ('value' in headers) return sql.dialect.asText(sql.field(headers.value, params) ?? 'null')
  return sql.dialect.zipped(
    sql.field(headers.names, params) ?? 'null',
    sql.field(headers.values, params) ?? 'null',
  )
}

/** Columns that a statement leaves out, because they are the same for all its rows. */
export interface KnownColumns {
  readonly state?: string | null | undefined
  readonly trouble?: string | null | undefined
}

export function toMessage(row: Row, parts: RowParts, known: KnownColumns = {}): Message {
  const { mapping, sql, limits } = parts
  const text = (column: string): string => row[column] ?? ''
  const { attempts, destination } = mapping
  return {
    id: sql.key.idOf(row),
    version: text('version'),
    messageId: text('message_id'),
    state: (row['state'] ?? known.state ?? 'unknown') as MessageState,
    trouble: (row['trouble'] ?? known.trouble ?? null) as Trouble | null,
    attempts: attempts === undefined ? null : numberIn(row['attempts']),
    attemptsMax: attempts === undefined ? null : attemptsMaxOf(row, attempts.limit, limits),
    type: row['type'] ?? null,
    destination:
      destination === undefined ? null : { exchange: text('exchange'), routingKey: text('routing_key') },
    chain: chainOf(row),
    createdAt: isoTime(row['created_at']),
    updatedAt: isoTime(row['updated_at']),
    nextAttemptAt: isoTime(row['next_attempt_at']),
    lastError: row['last_error'] ?? null,
    ...(row['messages'] === undefined ? {} : { messages: numberIn(row['messages']) }),
    ...(row['checks'] === undefined ? {} : { checks: numberIn(row['checks']) }),
  }
}

/** A counter that is null has not counted yet. */
function numberIn(text: string | null | undefined): number {
  return Number(text ?? 0)
}

function attemptsMaxOf(row: Row, limit: number | Field | undefined, limits: Limits): number | null {
  if (limit === undefined) return limits.attemptsMax
  if (typeof limit === 'number') return limit
  const text = row['attempts_max'] ?? null
  return text === null ? null : Number(text)
}

function chainOf(row: Row): Message['chain'] {
  const key = row['chain_key'] ?? null
  return key === null ? null : { key, previousId: row['previous_id'] ?? null }
}

/** Many rows have the same headers: they share the text of the one `before`, or each would hold a copy while it waits. */
export function contentOf(
  row: Row,
  { mapping, sql }: RowParts,
  before: MessageContent | null = null,
): MessageContent {
  const { payload } = mapping
  const own = row['headers'] ?? null
  const headers = own === before?.headers ? before.headers : own
  const text = row['payload'] ?? ''
  if (payload === undefined) return { payload: text, headers }
  return { payload: decodePayload(text, payload.encoding, sql.payloadIsBytes), headers }
}

export function toMessageWithContent(row: Row, parts: RowParts): MessageWithContent {
  return { ...toMessage(row, parts), content: contentOf(row, parts) }
}

/** Lengths of what PostgreSQL writes with datestyle ISO and timezone UTC: 2026-11-21 09:35:11.12+00 */
const TO_SECONDS = 19
const TO_DAYS = 10
const WITH_SECONDS = 22
const WITH_MICROSECONDS = 29

/** Never; and what MySQL has in the place of it: the last time that it can write, and no date at all. */
const NO_TIMES = /^-?infinity$|^9999-12-31 23:59:59|^0000-00-00/

/**
 * The server's text as ISO-8601 in UTC with six digits, without a Date in between, which would cut it to
 * milliseconds. Null for null and infinity. Done here, because to_char costs the server more than the whole row.
 */
export function isoTime(text: string | null | undefined): string | null {
  if (text === null || text === undefined || NO_TIMES.test(text)) return null
  // The two common forms, with all six digits or none; a page holds hundreds of times.
  if (text.endsWith('+00') && text[TO_DAYS] === ' ') {
    if (text.length === WITH_MICROSECONDS) return `${text.slice(0, TO_DAYS)}T${text.slice(TO_DAYS + 1, -3)}Z`
    if (text.length === WITH_SECONDS)
      return `${text.slice(0, TO_DAYS)}T${text.slice(TO_DAYS + 1, -3)}.000000Z`
  }
  const end = text.endsWith('+00') ? text.length - 3 : text.length
  // A year beyond 9999 or before Christ is no ISO time: shown as the server wrote it.
  if (text[TO_DAYS] !== ' ' || end < TO_SECONDS || text.endsWith('BC')) return text
  const fraction = text.slice(TO_SECONDS + 1, end).padEnd(6, '0')
  return `${text.slice(0, TO_DAYS)}T${text.slice(TO_DAYS + 1, TO_SECONDS)}.${fraction}Z`
}
