import type { MessageState } from '../../domain/message.ts'
import type { DueRows, DueRule, ExhaustedRow, ExpireResult } from '../../ports/due.ts'
import { bound, inIdOrder, markResults } from './claiming.ts'
import { newParams } from './compile.ts'
import { dueConditions, limitOf } from './due.ts'
import type { Parts } from './parts.ts'
import type { Statement } from './session.ts'

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
    id: row['id'] ?? '',
    version: row['version'] ?? '',
    messageId: row['message_id'] ?? '',
    attempts: Number(row['attempts'] ?? 0),
    state: (row['state'] ?? 'unknown') as MessageState,
  }))
}

function exhaustedStatement(parts: Parts, rule: DueRule): Statement {
  const { mapping, sql } = parts
  const params = newParams()
  const { waits, reached, isInFlight, silent, attemptsLeft, unclaimed } = dueConditions(parts, rule, params)
  const limit = `${params.add(String(limitOf(rule)), 'limit')}::bigint`
  const key = sql.column(mapping.key)
  // Most rows have attempts left, and the index knows: the others are looked at one by one.
  const found = (condition: string): string =>
    `(select ${key} as id, t.xmin as version, ${sql.column(mapping.messageId)} as message_id, ` +
    `${sql.column(mapping.attempts.column)} as attempts, ${sql.state(params)} as state ` +
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
  return markResults(requests, rows)
}

/** The version is that of a row whose attempts were used up: whatever happened since gives it another one. */
function expireStatement({ mapping, sql }: Parts, requests: ExpireRequests): Statement {
  const params = newParams()
  const sorted = inIdOrder(requests)
  const column = (use: 'id' | 'version' | 'reason'): string =>
    params.add(
      sorted.map((one) => one[use]),
      use,
    )
  const request =
    `unnest(${column('id')}::bigint[], ${column('version')}::text[], ${column('reason')}::text[]) ` +
    `r(id, version, reason)`
  const set = sql.assignments(mapping.actions.fail, bound({ reason: 'r.reason' }), params)
  const key = sql.column(mapping.key)
  const text =
    `with expired as (update ${sql.table} t ` +
    `set ${set.map(([name, value]) => `${name} = ${value}`).join(', ')} from ${request} ` +
    `where ${key} = r.id and t.xmin::text = r.version and ${sql.actionable(params)} ` +
    `returning ${key} as id, t.xmin as version) ` +
    `select id, version from expired union all ` +
    `select ${key}, t.xmin from ${sql.table} t join ${request} on ${key} = r.id ` +
    `where ${sql.isState('failed', params)} and ${sql.column(mapping.lastError)} = r.reason ` +
    `and not exists (select from expired where expired.id = r.id)`
  return { text, values: params.values }
}
