import type { MessageState } from '../../domain/message.ts'
import type { DueRows, DueRule, ExhaustedRow, ExpireResult } from '../../ports/due.ts'
import { setList } from '../outbox-sql/compiler.ts'
import type { Statement } from '../outbox-sql/statement.ts'
import { bound, resendOf } from '../outbox-sql/actions.ts'
import { dueConditions, keyColumn, limitOf } from '../outbox-sql/due.ts'
import { givenRows, markResults } from './claiming.ts'
import type { Parts } from './parts.ts'

const EXHAUSTED_TIMEOUT_MS = 10_000

type ExpireRequests = Parameters<DueRows['expire']>[0]

export async function findExhausted(
  parts: Parts,
  rule: DueRule,
  signal: AbortSignal,
): Promise<readonly ExhaustedRow[]> {
  if (limitOf(rule) === 0) return []
  const rows = await parts.session.read(exhaustedStatement(parts, rule), EXHAUSTED_TIMEOUT_MS, signal)
  return rows.map((row) => ({
    id: parts.sql.key.idOf(row),
    version: row['version'] ?? '',
    messageId: row['message_id'] ?? '',
    attempts: Number(row['attempts'] ?? 0),
    state: (row['state'] ?? 'unknown') as MessageState,
  }))
}

function exhaustedStatement(parts: Parts, rule: DueRule): Statement {
  const { mapping, sql } = parts
  const params = sql.newParams()
  const { waits, reached, isInFlight, silent, attemptsLeft, unclaimed } = dueConditions(parts, rule, params)
  const limit = `${params.add(String(limitOf(rule)), 'limit')}::bigint`
  const key = keyColumn(parts)
  // Most rows have attempts left, and the index knows: the others are looked at one by one.
  const found = (condition: string): string =>
    `(select ${key} as id, t.xmin as version, ${sql.field(mapping.messageId, params) ?? 'null'} as message_id, ` +
    `${sql.attempts(params) ?? 'null'} as attempts, ${sql.state(params)} as state ` +
    `from (select ${key} as k from ${sql.table} t where ${condition} and not (${attemptsLeft}) ` +
    `order by 1 offset 0) c join ${sql.table} t on ${key} = c.k where ${unclaimed} order by c.k limit ${limit})`
  const text =
    `select * from (${found(`${waits} and ${reached}`)} union all ` +
    `${found(`${isInFlight} and ${silent}`)}) e order by id limit ${limit}`
  return { text, values: params.values, withoutSeqScan: true }
}

export async function expireMessages(
  parts: Parts,
  requests: ExpireRequests,
  signal: AbortSignal,
): Promise<readonly ExpireResult[]> {
  if (requests.length === 0) return []
  const [rows = []] = await parts.session.write([expireStatement(parts, requests)], signal)
  return markResults(requests, rows, parts)
}

/** The version is that of a row whose attempts were used up: whatever happened since gives it another one. */
function expireStatement(parts: Parts, requests: ExpireRequests): Statement {
  const { mapping, sql } = parts
  const { key } = sql
  const params = sql.newParams()
  const request = givenRows(
    parts,
    requests,
    { version: (one) => one.version, reason: (one) => one.reason },
    params,
  )
  const set = sql.assignments(resendOf(mapping).fail, bound({ reason: 'r.reason' }), params)
  const error = sql.field(mapping.lastError, params)
  const text =
    `with expired as (update ${sql.table} t set ${setList(set)} from ${request} ` +
    `where ${key.equals('t', 'r')} and t.xmin::text = r.version and ${sql.actionable(params)} ` +
    `returning ${key.list('t')}, t.xmin as version) ` +
    `select ${key.names('expired')}, version from expired` +
    (error === null
      ? ''
      : ` union all select ${key.list('t')}, t.xmin from ${sql.table} t join ${request} on ${key.equals('t', 'r')} ` +
        `where ${sql.isState('failed', params)} and ${error} = r.reason ` +
        `and not exists (select from expired where ${key.same('expired', 'r')})`)
  return { text, values: params.values }
}
