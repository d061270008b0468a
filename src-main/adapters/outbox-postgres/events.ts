import { RedriveError } from '../../domain/errors.ts'
import type { Mapping } from '../../domain/mapping/mapping.ts'
import { sameEvents } from '../../domain/same-event.ts'
import type { EventFingerprint, EventRow } from '../../domain/same-event.ts'
import { EVENT_GROUPS_MAX, EVENT_ROWS_MAX } from '../../ports/event-reader.ts'
import type { SourceLoad } from '../../ports/load.ts'
import type { EventReader, EventSearch } from '../../ports/event-reader.ts'
import { openChainLines } from './chain-connection.ts'
import type { ConnectionSettings } from '../postgres-client/connection.ts'
import { byScan } from './chain-settings.ts'
import type { Compiler } from '../outbox-sql/compiler.ts'
import type { Params, Row, Statement } from '../outbox-sql/statement.ts'

/** A search reads the table as a quiet visitor: by one process of the server. */
const WORKERS = 1
/** Two times are at most a window apart only where they share one of two rows of slots, each twice as long as it. */
const SLOT_WINDOWS = 2

export interface EventReaderOptions {
  readonly settings: ConnectionSettings
  readonly load: SourceLoad
  readonly sql: Compiler
  readonly mapping: Pick<Mapping, 'messageId'>
}

interface Looking extends EventSearch, Pick<EventReaderOptions, 'sql' | 'mapping'> {}

/**
 * Two readings. The first groups all messages by a hash of their values and by slots of time, on the server, and hands over
 * only the hashes of groups with two message ids: what does not fit into its memory goes to temporary files. The second
 * fetches the messages with these hashes, and they are compared by their values, so that a hash that two events share is
 * no finding.
 */
export function openEventReader({ settings, load, sql, mapping }: EventReaderOptions): EventReader {
  const lines = openChainLines(settings, load)
  return {
    async search(search, signal) {
      const looking = { ...search, sql, mapping }
      const read = { timeoutMs: search.statementMs, settings: byScan(WORKERS), signal }
      return lines.use(signal, async (connection) => {
        let messages = 0
        const hashes: string[] = []
        await connection.stream(groupsOf(looking), read, (row) => {
          if (row['h'] === null) messages = Number(row['n'] ?? 0)
          else hashes.push(row['h'] ?? '')
        })
        if (hashes.length === 0) return { messages, events: [], cut: false }
        const rows = await connection.rows(rowsOf(looking, hashes.slice(0, EVENT_GROUPS_MAX)), read)
        const events = sameEvents(
          rows.slice(0, EVENT_ROWS_MAX).map((row) => toEvent(sql, row)),
          search.fingerprint.windowSec,
        )
        return { messages, events, cut: hashes.length > EVENT_GROUPS_MAX || rows.length > EVENT_ROWS_MAX }
      })
    },
    close: () => lines.close(),
  }
}

interface Pieces {
  readonly messageId: string
  readonly micros: string
  readonly values: string
  readonly where: string
}

function piecesOf({ sql, mapping, fingerprint, since }: Looking, params: Params): Pieces {
  const time = sql.time('created', params)
  const messageId = sql.field(mapping.messageId, params)
  if (time === null || messageId === null) throw new RedriveError('time-not-mapped', 'never', {})
  const where = [...sql.present(params), ...(since === null ? [] : [isAbove(sql, since, params)])]
  return {
    messageId: `(${messageId})::text`,
    micros: `(extract(epoch from ${time}) * 1000000)::bigint`,
    values: `jsonb_build_array(${valuesOf(sql, fingerprint, params).join(', ')})::text`,
    where: where.length === 0 ? 'true' : where.join(' and '),
  }
}

function isAbove(sql: Compiler, since: string, params: Params): string {
  const [column] = sql.key.columns
  if (sql.key.kind !== 'integer' || column === undefined) {
    throw new RedriveError('usage', 'never', {
      problem: 'ids of this outbox are no numbers, so there is no id to begin after',
    })
  }
  return `${sql.column(column.name)} > ${params.add(since, 'since')}::bigint`
}

/** As text, all of them: 1 and "1" of two versions of a service are the same order. */
function valuesOf(sql: Compiler, { fields }: EventFingerprint, params: Params): readonly string[] {
  return fields.map((field) => `(${sql.field(field, params) ?? 'null'})::text`)
}

function groupsOf(looking: Looking): Statement {
  const { sql, fingerprint } = looking
  const params = sql.newParams()
  const { messageId, micros, values, where } = piecesOf(looking, params)
  const window = `(${params.add(String(fingerprint.windowSec), 'window')}::bigint * 1000000)`
  const events =
    `select hashtextextended(${values}, 0) as h, hashtextextended(${messageId}, 0) as m, ${micros} as at ` +
    `from ${sql.table} t where ${where}`
  const groups =
    `select h from (${events}) e, (values (0::bigint), (${window})) s(shift) ` +
    `group by h, (at + shift) / greatest(1, ${SLOT_WINDOWS} * ${window}), shift having min(m) <> max(m)`
  const text =
    `select null::bigint as h, count(*) as n from ${sql.table} t where ${where} union all ` +
    `select h, 0 from (select distinct h from (${groups}) g limit ${EVENT_GROUPS_MAX + 1}) x`
  return { text, values: params.values }
}

function rowsOf(looking: Looking, hashes: readonly string[]): Statement {
  const { sql } = looking
  const params = sql.newParams()
  const { messageId, micros, values, where } = piecesOf(looking, params)
  const wanted = `${params.add(hashes, 'hashes')}::bigint[]`
  const text =
    `select ${sql.key.list('t')}, ${messageId} as message_id, ${micros} as at, ${values} as vals from ${sql.table} t ` +
    `where ${where} and hashtextextended(${values}, 0) = any(${wanted}) limit ${EVENT_ROWS_MAX + 1}`
  return { text, values: params.values }
}

function toEvent(sql: Compiler, row: Row): EventRow {
  return {
    id: sql.key.idOf(row),
    messageId: row['message_id'] ?? '',
    atMicros: row['at'] ?? '0',
    values: row['vals'] ?? '',
  }
}
