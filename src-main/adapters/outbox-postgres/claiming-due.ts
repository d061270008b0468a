import type { MessageState } from '../../domain/message.ts'
import type { DueRequest, DueRow } from '../../ports/due.ts'
import { DUE_LIMIT_MAX } from '../../ports/due.ts'
import { BEFORE, stateInToken, tokenForms } from '../outbox-sql/claim-forms.ts'
import { setList } from '../outbox-sql/compiler.ts'
import { contentColumns, plainColumns, toMessageWithContent } from '../outbox-sql/rows.ts'
import type { Params, Row, Statement } from '../outbox-sql/statement.ts'
import { bound, resendOf } from '../outbox-sql/actions.ts'
import { chainColumn, dueConditions, keyColumn, limitOf } from '../outbox-sql/due.ts'
import type { DueConditions } from '../outbox-sql/due.ts'
import type { Parts } from './parts.ts'

export async function claimDueMessages(
  parts: Parts,
  request: DueRequest,
  token: string,
  signal: AbortSignal,
): Promise<readonly DueRow[]> {
  if (request.repeat) {
    const held = await send(parts, heldStatement(parts, token), token, signal)
    if (held.length > 0)
      return held.map((row) => toDueRow(parts, row, stateInToken(row['token'] ?? '', token)))
  }
  if (limitOf(request) === 0) return []
  const rows = await send(parts, claimDueStatement(parts, request, token), token, signal)
  return rows.map((row) => toDueRow(parts, row, (row['state_before'] ?? null) as MessageState | null))
}

/**
 * A call whose answer was lost may still be at work on the server. The lock, which ends with the transaction, makes the
 * repeat wait for it: otherwise both could claim, and nobody would know of the rows of one.
 */
async function send(
  parts: Parts,
  statement: Statement,
  token: string,
  signal: AbortSignal,
): Promise<readonly Row[]> {
  const lock = { text: 'select pg_advisory_xact_lock(hashtextextended($1, 0))', values: [token] }
  const [, rows = []] = await parts.session.write([lock, statement], signal)
  return rows
}

/** What this token holds. `in-flight` where the row does not say what it was: whoever had it may have sent it. */
function heldStatement(parts: Parts, token: string): Statement {
  const { mapping, sql } = parts
  const { tokenColumn } = resendOf(mapping)
  const params = sql.newParams()
  const inFlight = sql.branches(params, new Set(['in-flight'])).map(({ condition }) => `(${condition})`)
  const text =
    `select ${plainColumns(mapping, sql, params)}, ${contentColumns(mapping, sql, params)}, ` +
    `${sql.column(tokenColumn)} as token from ${sql.table} t ` +
    `where (${inFlight.join(' or ')}) ` +
    `and ${sql.column(tokenColumn)} = any(${params.add(tokenForms(token), 'tokens')}) ` +
    `order by ${keyColumn(parts)} limit ${DUE_LIMIT_MAX}`
  return { text, values: params.values, withoutSeqScan: true }
}

/**
 * Locks due rows of both kinds and takes those with the smallest ids. What it locks and does not take is free again a
 * moment later.
 */
export function claimDueStatement(parts: Parts, request: DueRequest, token: string): Statement {
  const { mapping, sql } = parts
  const { claim, tokenColumn } = resendOf(mapping)
  const key = keyColumn(parts)
  const params = sql.newParams()
  const conditions = dueConditions(parts, request, params)
  const limit = `${params.add(String(limitOf(request)), 'limit')}::bigint`
  const { waits, reached, isInFlight, silent, attemptsLeft } = conditions
  const context: Context = { parts, params, conditions, limit, chained: request.chained }
  const picked = request.chained
    ? pickedInSequence(context)
    : `select id, state from locked order by id limit ${limit}`
  const tokenValue = `${params.add(token, tokenColumn)}::text || '${BEFORE}' || picked.state || ')'`
  const set = sql.assignments(claim, bound({ token: tokenValue }), params)
  const text =
    `with waiting as materialized (${lockedRows(context, `${waits} and ${reached} and ${attemptsLeft}`)}), ` +
    `flying as materialized (${lockedRows(context, `${isInFlight} and ${silent} and ${attemptsLeft}`)}), ` +
    `locked as materialized (select * from waiting union all select * from flying), ` +
    `picked as materialized (${picked}), ` +
    `claimed as (update ${sql.table} t set ${setList(set)} from picked ` +
    `where ${key} = picked.id ` +
    `returning ${key} as k, ${plainColumns(mapping, sql, params)}, ` +
    `${contentColumns(mapping, sql, params)}, picked.state as state_before) ` +
    `select * from claimed order by k`
  return { text, values: params.values, withoutSeqScan: true }
}

interface Context {
  readonly parts: Parts
  readonly params: Params
  readonly conditions: DueConditions
  readonly limit: string
  readonly chained: boolean
}

/**
 * The rows of one kind with the smallest ids that nobody has locked. The index answers first which rows may be due,
 * without looking at them; the conditions stand outside once more, because a row that another process changed in
 * between is judged again only by what is said of the row that is locked.
 */
function lockedRows({ parts, params, conditions, limit, chained }: Context, due: string): string {
  const { sql } = parts
  const key = keyColumn(parts)
  const chain = chainColumn(parts)
  const unblocked = chained ? ` and (${chain} is null or blocker.id is null or ${key} < blocker.id)` : ''
  return (
    `select ${key} as id, ${chain} as chain, ${sql.state(params)} as state ` +
    `from (select ${key} as k from ${sql.table} t where ${due} order by 1 offset 0) c ` +
    `join ${sql.table} t on ${key} = c.k ` +
    (chained ? `cross join lateral (select ${chain} as key) own ${blockers(parts, conditions)} ` : '') +
    `where ${due} and ${conditions.unclaimed}${unblocked} ` +
    `order by c.k limit ${limit} for update of t skip locked`
  )
}

/** Of each chain the first unfinished row that is not due: everything behind it waits. */
function blockers(parts: Parts, conditions: DueConditions): string {
  const { waits, reached, isInFlight, silent, attemptsLeft, unclaimed } = conditions
  const due =
    `${attemptsLeft} and ${unclaimed} ` + `and ((${waits} and ${reached}) or (${isInFlight} and ${silent}))`
  const first = firstUnfinished(parts, conditions, `own.key`, `(${due}) is not true`)
  return `left join lateral (${first}) blocker on true`
}

/** The first row of a chain that is unfinished and meets the condition; walks only over what is not sent. */
function firstUnfinished(
  parts: Parts,
  { unsent, unfinished }: DueConditions,
  chain: string,
  condition: string,
): string {
  const { sql } = parts
  const key = keyColumn(parts)
  return (
    `select u.k as id from (select ${key} as k from ${sql.table} t ` +
    `where ${chainColumn(parts)} = ${chain} and ${unsent} order by ${key} offset 0) u ` +
    `join ${sql.table} t on ${key} = u.k where ${unfinished} and ${condition} order by u.k limit 1`
  )
}

/**
 * Rows with nothing unfinished before them but rows of this very claim. A due row that somebody else has locked, or
 * that did not fit into it, holds up its chain as well.
 */
function pickedInSequence({ parts, conditions, limit }: Context): string {
  const first = firstUnfinished(parts, conditions, 'c.chain', 'u.k not in (select id from locked)')
  return (
    `select id, state from (` +
    `select id, state, min(barrier) over (partition by chain) as barrier from (` +
    `select id, chain, state, null::bigint as barrier from locked union all ` +
    `select null, c.chain, null, b.id from (select distinct chain from locked where chain is not null) c ` +
    `cross join lateral (${first}) b) l) p ` +
    `where id is not null and (barrier is null or id < barrier) order by id limit ${limit}`
  )
}

/** Never used: a mapping that allows a resend says where messages go. */
const NOWHERE = { exchange: '', routingKey: '' }

function toDueRow(parts: Parts, row: Row, stateBefore: MessageState | null): DueRow {
  const message = toMessageWithContent(row, parts)
  return {
    id: message.id,
    messageId: message.messageId,
    attempts: message.attempts ?? 0,
    stateBefore: stateBefore ?? 'in-flight',
    version: message.version,
    type: message.type,
    destination: message.destination ?? NOWHERE,
    chainKey: message.chain?.key ?? null,
    createdAt: message.createdAt ?? '',
    payload: message.content.payload,
    headers: message.content.headers,
  }
}
