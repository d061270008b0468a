import { RedriveError } from '../../domain/errors.ts'
import type { MappingAssignments } from '../../domain/mapping.ts'
import type { ClaimRequest, ClaimResult, MarkRequest, MarkResult } from '../../ports/outbox.ts'
import { tokenForms } from './claim-forms.ts'
import { newParams } from './compile.ts'
import type { Bound } from './compile.ts'
import type { Parts } from './parts.ts'
import { contentColumns } from './rows.ts'
import type { Row, Statement } from './session.ts'

export async function claimMessages(
  parts: Parts,
  requests: readonly ClaimRequest[],
  token: string,
  signal: AbortSignal,
): Promise<readonly ClaimResult[]> {
  if (requests.length === 0) return []
  const [rows = []] = await parts.session.write([claimStatement(parts, requests, token)], signal)
  const claimed = new Map(rows.map((row) => [row['id'] ?? '', row]))
  return requests.map(({ id }) => {
    const row = claimed.get(id)
    if (row === undefined) return { id, claimed: false }
    const { version, attempts } = row
    const content = { payload: row['payload'] ?? '', headers: row['headers'] ?? null }
    return { id, claimed: true, version: version ?? '', attempts: Number(attempts), content }
  })
}

/** A row that already carries the token keeps what the first claim wrote: the attempt counts once. */
function claimStatement(parts: Parts, requests: readonly ClaimRequest[], token: string): Statement {
  const { mapping, sql } = parts
  const params = newParams()
  const sorted = inIdOrder(requests)
  const ids = params.add(
    sorted.map((one) => one.id),
    'ids',
  )
  const versions = params.add(
    sorted.map((one) => one.version),
    'versions',
  )
  const tokenValue = params.add(token, mapping.tokenColumn)
  const mine = `(${sql.column(mapping.tokenColumn)} = ${tokenValue} and ${sql.isState('in-flight', params)})`
  const set = sql
    .assignments(mapping.actions.claim, bound({ token: tokenValue }), params)
    .map(([column, value]) => `${column} = case when ${mine} then t.${column} else ${value} end`)
  const text =
    `update ${sql.table} t set ${set.join(', ')} ` +
    `from unnest(${ids}::bigint[], ${versions}::text[]) r(id, version) ` +
    `where ${sql.column(mapping.key)} = r.id ` +
    `and ((t.xmin::text = r.version and ${sql.actionable(params)}) or ${mine}) ` +
    `returning ${sql.column(mapping.key)} as id, t.xmin as version, ` +
    `${sql.column(mapping.attempts.column)} as attempts, ${contentColumns(mapping, sql)}`
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

/** The placeholders or expressions for what a mapping calls token, reason and delay. */
export function bound(placeholders: Partial<Record<Bound, string>>): (is: Bound) => string {
  return (is) => {
    const placeholder = placeholders[is]
    if (placeholder !== undefined) return placeholder
    throw new RedriveError('workspace-invalid', 'never', {
      at: 'profile',
      problem: `the ${is} is not known in this action`,
    })
  }
}

interface MarkKind {
  readonly as: MarkRequest['as']
  readonly set: MappingAssignments
  readonly requests: MarkRequest[]
}

export async function markMessages(
  parts: Parts,
  requests: readonly MarkRequest[],
  token: string,
  signal: AbortSignal,
): Promise<readonly MarkResult[]> {
  if (requests.length === 0) return []
  const kinds = kindsOf(parts, requests)
  const answers = await parts.session.write(
    kinds.map((kind) => markStatement(parts, kind, token)),
    signal,
  )
  return markResults(requests, answers.flat())
}

export function markResults(
  requests: readonly { readonly id: string }[],
  rows: readonly Row[],
): readonly MarkResult[] {
  const versions = new Map(rows.map((row) => [row['id'] ?? '', row['version'] ?? '']))
  return requests.map(({ id }) => {
    const version = versions.get(id)
    return version === undefined ? { id, marked: false } : { id, marked: true, version }
  })
}

/** One statement for each kind of mark; a release depends on the state before the claim. */
function kindsOf({ mapping }: Parts, requests: readonly MarkRequest[]): readonly MarkKind[] {
  const kinds = new Map<MappingAssignments, MarkKind>()
  for (const request of requests) {
    const set =
      request.as === 'release'
        ? mapping.actions.release.find((rule) => rule.from.includes(request.stateBefore))?.set
        : mapping.actions[request.as]
    if (set === undefined) throw new RedriveError('state-forbids', 'never', { state: request.stateBefore })
    const kind = kinds.get(set) ?? { as: request.as, set, requests: [] }
    kind.requests.push(request)
    kinds.set(set, kind)
  }
  return [...kinds.values()]
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
  const params = newParams()
  const sorted = inIdOrder(kind.requests)
  const ids = params.add(
    sorted.map((one) => one.id),
    'ids',
  )
  const reasons = params.add(
    sorted.map((one) => one.reason),
    'reasons',
  )
  const attempts = params.add(
    sorted.map((one) => (one.attempts === undefined ? null : String(one.attempts))),
    'attempts',
  )
  const isRetry = kind.as === 'retry'
  const delay = isRetry ? { delay: RETRY_AT } : {}
  const set = sql.assignments(kind.set, bound({ reason: 'r.reason', ...delay }), params)
  const already =
    kind.as === 'confirm'
      ? sql.isState('sent', params)
      : ['r.reason is not null', ...set.flatMap(([column, value]) => same(column, value))].join(' and ')
  const key = sql.column(mapping.key)
  const given = `${ids}::bigint[], ${reasons}::text[], ${attempts}::int[]`
  const request = isRetry
    ? `unnest(${given}, ${params.add(delaysOf(sorted), 'delays')}::float8[]) r(id, reason, attempts, delay)`
    : `unnest(${given}) r(id, reason, attempts)`
  const mine =
    `${sql.column(mapping.tokenColumn)} = any(${params.add(tokenForms(token), 'tokens')}) ` +
    `and ${sql.isState('in-flight', params)} ` +
    `and (r.attempts is null or ${sql.column(mapping.attempts.column)} = r.attempts)`
  const text =
    `with marked as (update ${sql.table} t set ${set.map(([column, value]) => `${column} = ${value}`).join(', ')} ` +
    `from ${request} where ${key} = r.id and case when ${mine} then true else false end ` +
    `returning ${key} as id, t.xmin as version), ` +
    `others as (select r.id, r.reason from ${request} where r.id not in (select id from marked)) ` +
    `select id, version from marked union all ` +
    `select r.id, t.version from others r cross join lateral ` +
    `(select t.xmin as version from ${sql.table} t where ${key} = r.id and ${already} offset 0) t`
  return { text, values: params.values, withoutSeqScan: true }
}

/** The server's clock, so that it does not matter what the console's says. */
const RETRY_AT = 'now() + make_interval(secs => r.delay)'

function delaysOf(requests: readonly MarkRequest[]): readonly string[] {
  return requests.map(({ id, delaySec }) => {
    if (delaySec !== undefined && Number.isFinite(delaySec) && delaySec >= 0) return String(delaySec)
    throw new RedriveError('internal', 'never', { reason: `the retry of ${id} does not say when` })
  })
}

/** `now()` is another one at each try. */
function same(column: string, value: string): readonly string[] {
  return value === 'now()' || value === RETRY_AT ? [] : [`t.${column} is not distinct from ${value}`]
}
