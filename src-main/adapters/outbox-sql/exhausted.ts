import type { MessageState } from '../../domain/message.ts'
import type { DueRows, DueRule, ExhaustedRow, ExpireResult } from '../../ports/due.ts'
import { bound, resendOf } from './actions.ts'
import { dueConditions, keyColumn, limitOf } from './due.ts'
import type { Statement } from './statement.ts'
import { marksOf } from './claiming.ts'
import { requireWritable } from './change-parts.ts'
import type { ChangeParts } from './change-parts.ts'
import { unionPart } from './selection.ts'
import { look, update, versionsOf } from './row-work.ts'

const EXHAUSTED_TIMEOUT_MS = 10_000

type ExpireRequests = Parameters<DueRows['expire']>[0]

export async function findExhausted(
  parts: ChangeParts,
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

function exhaustedStatement(parts: ChangeParts, rule: DueRule): Statement {
  const { mapping, sql } = parts
  const params = sql.newParams()
  const { waits, reached, isInFlight, silent, attemptsLeft, unclaimed } = dueConditions(parts, rule, params)
  const key = keyColumn(parts)
  const limit = limitOf(rule)
  const found = (condition: string): string =>
    unionPart(
      sql.dialect,
      `select ${key} as id from ${sql.table} t where ${condition} and not (${attemptsLeft}) and ${unclaimed} ` +
        `order by ${key} limit ${limit}`,
    )
  // The digest of a row is made only of those that are shown.
  const text =
    `select ${sql.key.list('t')}, ${sql.version()} as version, ` +
    `${sql.field(mapping.messageId, params) ?? 'null'} as message_id, ` +
    `${sql.attempts(params) ?? 'null'} as attempts, ${sql.state(params)} as state ` +
    `from (select f.id from (${found(`${waits} and ${reached}`)} union all ${found(`${isInFlight} and ${silent}`)}) f ` +
    `order by f.id limit ${limit}) e join ${sql.table} t on ${sql.key.equals('t', 'e')} order by ${key}`
  return { text, values: params.values }
}

/** The version is that of a row whose attempts were used up: whatever happened since gives it another one. */
export async function expireMessages(
  parts: ChangeParts,
  requests: ExpireRequests,
  signal: AbortSignal,
): Promise<readonly ExpireResult[]> {
  if (requests.length === 0) return []
  const { mapping, sql } = parts
  const { fail } = resendOf(mapping)
  requireWritable(parts, 'resend')
  const versions = await parts.session.write(async (transaction) => {
    const seen = await look(transaction, parts, requests, {
      columns: (params) => [
        `${sql.actionable(params)} as may`,
        `${sql.state(params)} as state`,
        `${sql.field(mapping.lastError, params) ?? 'null'} as last_error`,
      ],
      locked: true,
    })
    const fresh = requests.filter(({ id, version }) => {
      const row = seen.get(id)
      return row?.['version'] === version && row['may'] === '1'
    })
    const again = requests.filter((one) => {
      const row = seen.get(one.id)
      return !fresh.includes(one) && row?.['state'] === 'failed' && row['last_error'] === one.reason
    })
    await update(transaction, parts, fresh, {
      set: fail,
      bind: bound({ reason: 'r.reason' }),
      texts: { reason: (one) => one.reason },
    })
    return versionsOf(transaction, parts, [...fresh, ...again])
  }, signal)
  return marksOf(requests, versions)
}
