import type { Mapping } from '../../domain/mapping.ts'
import type { Message, MessageState, MessageWithContent, Trouble } from '../../domain/message.ts'
import type { Compiler, Params } from './compile.ts'
import type { Row } from './session.ts'

/** The columns of a row under alias `t`, named for `toMessage`. */
export function messageColumns(mapping: Mapping, sql: Compiler, params: Params): string {
  return `${plainColumns(mapping, sql)}, ${sql.state(params)} as state, ${sql.trouble(params)} as trouble`
}

/** All but state and trouble. */
export function plainColumns(mapping: Mapping, sql: Compiler): string {
  return `${sql.column(mapping.key)} as id, ${columnsBesideKey(mapping, sql)}`
}

/** For a statement that selects the key as `k` already: each column of a page costs. */
export function columnsBesideKey(mapping: Mapping, sql: Compiler): string {
  const { chain, destination, times } = mapping
  return [
    `t.xmin as version`,
    `${sql.column(mapping.messageId)} as message_id`,
    `${sql.column(mapping.attempts.column)} as attempts`,
    `${sql.column(mapping.type)} as type`,
    `${sql.column(destination.exchange)} as exchange`,
    `${sql.column(destination.routingKey)} as routing_key`,
    `${sql.column(chain.key)} as chain_key`,
    `${sql.column(chain.previousId)} as previous_id`,
    `${sql.column(times.created)} as created_at`,
    `${sql.column(times.updated)} as updated_at`,
    `${sql.column(times.nextAttempt)} as next_attempt_at`,
    `${sql.column(mapping.lastError)} as last_error`,
  ].join(', ')
}

/** ::text, because the driver's copy of a large document must be the server's own text and nothing else. */
export function contentColumns(mapping: Mapping, sql: Compiler): string {
  return `${sql.column(mapping.payload.column)}::text as payload, ${sql.column(mapping.headers.column)}::text as headers`
}

/** Columns that a statement leaves out, because they are the same for all its rows. */
export interface KnownColumns {
  readonly state?: string | null | undefined
  readonly trouble?: string | null | undefined
}

export function toMessage(row: Row, attemptsMax: number, known: KnownColumns = {}): Message {
  const text = (column: string): string => row[column] ?? ''
  return {
    id: row['id'] ?? text('k'),
    version: text('version'),
    messageId: text('message_id'),
    state: (row['state'] ?? known.state ?? 'unknown') as MessageState,
    trouble: (row['trouble'] ?? known.trouble ?? null) as Trouble | null,
    attempts: Number(row['attempts'] ?? 0),
    attemptsMax,
    type: row['type'] ?? null,
    destination: { exchange: text('exchange'), routingKey: text('routing_key') },
    chain: chainOf(row),
    createdAt: isoTime(row['created_at']) ?? '',
    updatedAt: isoTime(row['updated_at']),
    nextAttemptAt: isoTime(row['next_attempt_at']),
    lastError: row['last_error'] ?? null,
  }
}

function chainOf(row: Row): Message['chain'] {
  const key = row['chain_key'] ?? null
  return key === null ? null : { key, previousId: row['previous_id'] ?? null }
}

export function toMessageWithContent(row: Row, attemptsMax: number): MessageWithContent {
  return {
    ...toMessage(row, attemptsMax),
    content: { payload: row['payload'] ?? '', headers: row['headers'] ?? null },
  }
}

/** Lengths of what PostgreSQL writes with datestyle ISO and timezone UTC: 2026-11-21 09:35:11.12+00 */
const TO_SECONDS = 19
const TO_DAYS = 10
const WITH_SECONDS = 22
const WITH_MICROSECONDS = 29

/**
 * The server's text as ISO-8601 in UTC with six digits, without a Date in between, which would cut it to
 * milliseconds. Null for null and infinity. Done here, because to_char costs the server more than the whole row.
 */
export function isoTime(text: string | null | undefined): string | null {
  if (text === null || text === undefined || text === 'infinity' || text === '-infinity') return null
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
