import type { ClaimRequest, ClaimResult, MarkRequest, MarkResult } from '../../ports/outbox.ts'
import { bound, delayOf, markKinds, resendOf } from '../outbox-sql/actions.ts'
import type { MarkKind } from '../outbox-sql/actions.ts'
import { tokenForms } from '../outbox-sql/claim-forms.ts'
import type { MessageContent, MessageState } from '../../domain/message.ts'
import type { GivenColumn } from '../outbox-sql/dialect.ts'
import { setList } from '../outbox-sql/compiler.ts'
import type { Assignment } from '../outbox-sql/compiler.ts'
import { contentColumns, contentOf } from '../outbox-sql/rows.ts'
import type { Params, Row, Statement } from '../outbox-sql/statement.ts'
import type { Parts } from './parts.ts'

export async function claimMessages(
  parts: Parts,
  requests: readonly ClaimRequest[],
  token: string,
  signal: AbortSignal,
): Promise<readonly ClaimResult[]> {
  if (requests.length === 0) return []
  const [rows = []] = await parts.session.write([claimStatement(parts, requests, token)], signal)
  const claimed = byId(rows, parts)
  let content: MessageContent | null = null
  return requests.map(({ id }) => {
    const row = claimed.get(id)
    if (row === undefined) return { id, claimed: false }
    const { version, attempts } = row
    content = contentOf(row, parts, content)
    return { id, claimed: true, version: version ?? '', attempts: Number(attempts), content }
  })
}

/** A row that already carries the token keeps what the first claim wrote: the attempt counts once. */
function claimStatement(parts: Parts, requests: readonly ClaimRequest[], token: string): Statement {
  const { mapping, sql } = parts
  const { tokenColumn, claim } = resendOf(mapping)
  const params = sql.newParams()
  const given = givenRows(parts, requests, { version: (one) => one.version }, params)
  const tokenValue = params.add(token, tokenColumn)
  const mine = `(${sql.column(tokenColumn)} = ${tokenValue} and ${sql.isState('in-flight', params)})`
  const set = sql
    .assignments(claim, bound({ token: tokenValue }), params)
    .map(({ column, value }) => `${column} = case when ${mine} then t.${column} else ${value} end`)
  const text =
    `update ${sql.table} t set ${set.join(', ')} from ${given} where ${sql.key.equals('t', 'r')} ` +
    `and ((t.xmin::text = r.version and ${allowed(parts, params)}) or ${mine}) ` +
    `returning ${sql.key.list('t')}, t.xmin as version, ` +
    `${sql.attempts(params) ?? 'null'} as attempts, ${contentColumns(mapping, sql, params)}`
  return { text, values: params.values }
}

/** Locks are taken in this order, so that two claims of the same rows cannot wait for each other. */
export function inIdOrder<Request extends { readonly id: string }>(requests: readonly Request[]): Request[] {
  return [...requests].sort((a, b) => byValue(a.id, b.id))
}

/** Text of whole numbers as the server writes it: without leading zeros, so the longer one is the greater. */
function byValue(a: string, b: string): number {
  if (a.startsWith('-') || b.startsWith('-')) return BigInt(a) < BigInt(b) ? -1 : Number(a !== b)
  if (a.length !== b.length) return a.length - b.length
  return a < b ? -1 : Number(a !== b)
}

/** What is no text of what a request brings. */
const TYPES_OF_GIVEN: Readonly<Record<string, string>> = { attempts: 'int', delay: 'float8' }

/** Rows of requests as `r`: the key's columns, and what else each brings, by name. */
export function givenRows<Request extends { readonly id: string }>(
  { sql }: Parts,
  requests: readonly Request[],
  texts: Readonly<Record<string, (one: Request) => string | null>>,
  params: Params,
): string {
  const known = inIdOrder(requests.filter(({ id }) => sql.key.has(id)))
  const keys = sql.key.given(known.map(({ id }) => id))
  const others = Object.entries(texts).map(([name, of]) => ({
    name,
    type: TYPES_OF_GIVEN[name] ?? 'text',
    values: known.map(of),
    use: name,
  }))
  return unnested([...keys, ...others], params)
}

function unnested(columns: readonly GivenColumn[], params: Params): string {
  const arrays = columns.map(({ values, use, type }) => `${params.add(values, use)}::${type}[]`)
  return `unnest(${arrays.join(', ')}) r(${columns.map(({ name }) => name).join(', ')})`
}

/** A person may act on the row, it belongs to the outbox, and it is the only one of its id. */
export function allowed({ sql }: Parts, params: Params, states?: readonly MessageState[]): string {
  const only =
    sql.key.kind === 'none'
      ? [`(select count(*) from ${sql.table} twin where ${sql.key.equals('twin', 'r')}) = 1`]
      : []
  return [sql.actionable(params, states), ...sql.present(params), ...only].join(' and ')
}

export async function markMessages(
  parts: Parts,
  requests: readonly MarkRequest[],
  token: string,
  signal: AbortSignal,
): Promise<readonly MarkResult[]> {
  if (requests.length === 0) return []
  const kinds = markKinds(parts.mapping, requests)
  const answers = await parts.session.write(
    kinds.map((kind) => markStatement(parts, kind, token)),
    signal,
  )
  return markResults(requests, answers.flat(), parts)
}

export function markResults(
  requests: readonly { readonly id: string }[],
  rows: readonly Row[],
  parts: Parts,
): readonly MarkResult[] {
  const marked = byId(rows, parts)
  return requests.map(({ id }) => {
    const row = marked.get(id)
    return row === undefined ? { id, marked: false } : { id, marked: true, version: row['version'] ?? '' }
  })
}

function byId(rows: readonly Row[], { sql }: Parts): ReadonlyMap<string, Row> {
  const found = new Map<string, Row>()
  for (const row of rows) found.set(sql.key.idOf(row), row)
  return found
}

/**
 * Ends the claim where the row still carries the token and is in flight. Rows that a repeat finds already ended count
 * too: confirmed is a state of its own, the others are told by their reason.
 *
 * The planner believes that no row carries a token it has never seen, and would walk all rows in flight for each one that
 * is asked for. Inside a `case` it cannot estimate the condition, and looks the rows up by their key.
 */
function markStatement(parts: Parts, kind: MarkKind, token: string): Statement {
  const { mapping, sql } = parts
  const { tokenColumn } = resendOf(mapping)
  const params = sql.newParams()
  const isRetry = kind.as === 'retry'
  const delays = new Map(isRetry ? kind.requests.map((one) => [one, delayOf(one)]) : [])
  const request = givenRows(
    parts,
    kind.requests,
    {
      reason: (one) => one.reason,
      attempts: (one) => (one.attempts === undefined ? null : String(one.attempts)),
      ...(isRetry ? { delay: (one: MarkRequest) => delays.get(one) ?? null } : {}),
    },
    params,
  )
  const delay = isRetry ? { delay: 'r.delay' } : {}
  const set = sql.assignments(kind.set, bound({ reason: 'r.reason', ...delay }), params)
  const already =
    kind.as === 'confirm'
      ? sql.isState('sent', params)
      : ['r.reason is not null', ...set.flatMap(same)].join(' and ')
  const { key } = sql
  const attempts = sql.attempts(params)
  const mine =
    `${sql.column(tokenColumn)} = any(${params.add(tokenForms(token), 'tokens')}) ` +
    `and ${sql.isState('in-flight', params)}` +
    (attempts === null ? '' : ` and (r.attempts is null or ${attempts} = r.attempts)`)
  const text =
    `with marked as (update ${sql.table} t set ${setList(set)} ` +
    `from ${request} where ${key.equals('t', 'r')} and case when ${mine} then true else false end ` +
    `returning ${key.list('t')}, t.xmin as version), ` +
    `others as (select ${key.names('r')}, r.reason from ${request} ` +
    `where (${key.names('r')}) not in (select ${key.names('marked')} from marked)) ` +
    `select ${key.names('marked')}, version from marked union all ` +
    `select ${key.names('r')}, t.version from others r cross join lateral ` +
    `(select t.xmin as version from ${sql.table} t where ${key.equals('t', 'r')} and ${already} offset 0) t`
  return { text, values: params.values, withoutSeqScan: true }
}

/** The server's clock is another one at each try. */
function same({ column, value, steady }: Assignment): readonly string[] {
  return steady ? [`t.${column} is not distinct from ${value}`] : []
}
