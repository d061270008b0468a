import type { Assignment } from './compiler.ts'
import type { MarkKind } from './actions.ts'
import { bound, delayOf, markKinds, resendOf } from './actions.ts'
import { tokenForms } from './claim-forms.ts'
import { contentColumns, contentOf } from './rows.ts'
import { columnTarget } from './frame.ts'
import { familyOf } from './values.ts'
import type { Params, Row } from './statement.ts'
import type { ClaimRequest, ClaimResult, MarkRequest, MarkResult } from '../../ports/outbox.ts'
import { requireWritable } from './change-parts.ts'
import type { ChangeParts, Transaction } from './change-parts.ts'
import { allowed, look, update, versionsOf } from './row-work.ts'

export async function claimMessages(
  parts: ChangeParts,
  requests: readonly ClaimRequest[],
  token: string,
  signal: AbortSignal,
): Promise<readonly ClaimResult[]> {
  if (requests.length === 0) return []
  const { mapping, sql } = parts
  const { tokenColumn, claim } = resendOf(mapping)
  requireWritable(parts, 'resend')
  const claimed = await parts.session.write(async (transaction) => {
    const seen = await look(transaction, parts, requests, {
      columns: (params) => [
        `${allowed(parts, params)} as may`,
        `${sql.state(params)} as state`,
        `${sql.column(tokenColumn)} as token`,
      ],
      locked: true,
    })
    const mine = ({ id }: ClaimRequest): boolean => {
      const row = seen.get(id)
      return row?.['token'] === token && row['state'] === 'in-flight'
    }
    const free = ({ id, version }: ClaimRequest): boolean => {
      const row = seen.get(id)
      return row?.['version'] === version && row['may'] === '1'
    }
    // A row that already carries the token keeps what the first claim wrote: the attempt counts once.
    const fresh = requests.filter((one) => !mine(one) && free(one))
    await update(transaction, parts, fresh, {
      set: claim,
      bind: bound({ token: 'r.token' }),
      texts: { token: () => token },
    })
    return look(transaction, parts, [...requests.filter(mine), ...fresh], {
      columns: (params) => [
        `${sql.attempts(params) ?? 'null'} as attempts`,
        contentColumns(mapping, sql, params),
      ],
      locked: false,
    })
  }, signal)
  return requests.map(({ id }) => {
    const row = claimed.get(id)
    if (row === undefined) return { id, claimed: false }
    const { version, attempts } = row
    return {
      id,
      claimed: true,
      version: version ?? '',
      attempts: Number(attempts),
      content: contentOf(row, parts),
    }
  })
}

export async function markMessages(
  parts: ChangeParts,
  requests: readonly MarkRequest[],
  token: string,
  signal: AbortSignal,
): Promise<readonly MarkResult[]> {
  if (requests.length === 0) return []
  requireWritable(parts, 'resend')
  const kinds = markKinds(parts.mapping, requests).map((kind) => ({ kind, delays: delaysOf(kind) }))
  const versions = await parts.session.write(async (transaction) => {
    const marked: MarkRequest[] = []
    for (const { kind, delays } of kinds)
      marked.push(...(await markKind(transaction, parts, { kind, delays, token })))
    return versionsOf(transaction, parts, marked)
  }, signal)
  return marksOf(requests, versions)
}

export function marksOf(
  requests: readonly { readonly id: string }[],
  versions: ReadonlyMap<string, string>,
): readonly MarkResult[] {
  return requests.map(({ id }) => {
    const version = versions.get(id)
    return version === undefined ? { id, marked: false } : { id, marked: true, version }
  })
}

type Delays = ReadonlyMap<string, string>

/** Throws before anything was asked of the server. */
function delaysOf({ as, requests }: MarkKind): Delays {
  return new Map(as === 'retry' ? requests.map((one) => [one.id, delayOf(one)]) : [])
}

interface Marking {
  readonly kind: MarkKind
  readonly delays: Delays
  readonly token: string
}

/**
 * Ends the claim where the row still carries the token and is in flight. Rows that a repeat finds already ended count
 * too: confirmed is a state of its own, the others are told by their reason.
 */
async function markKind(
  transaction: Transaction,
  parts: ChangeParts,
  { kind, delays, token }: Marking,
): Promise<readonly MarkRequest[]> {
  const { mapping, sql } = parts
  const { tokenColumn } = resendOf(mapping)
  const texts = {
    reason: (one: MarkRequest) => one.reason,
    ...(kind.as === 'retry' ? { delay: (one: MarkRequest) => delays.get(one.id) ?? null } : {}),
  }
  const delay = kind.as === 'retry' ? { delay: sql.dialect.numberParam('r.delay') } : {}
  const bind = bound({ reason: 'r.reason', ...delay })
  const seen = await look(transaction, parts, kind.requests, {
    columns: (params) => [
      `${sql.state(params)} as state`,
      `${sql.column(tokenColumn)} as token`,
      `${sql.attempts(params) ?? 'null'} as attempts`,
      `${asMarked(parts, kind, bind, params)} as same`,
    ],
    texts,
    locked: true,
  })
  const forms = new Set<string | null>(tokenForms(token))
  const mine = (one: MarkRequest): boolean => {
    const row = seen.get(one.id)
    return row?.['state'] === 'in-flight' && forms.has(row['token'] ?? null) && isAttempt(row, one)
  }
  const already = (one: MarkRequest): boolean => {
    const row = seen.get(one.id)
    if (row === undefined) return false
    return kind.as === 'confirm' ? row['state'] === 'sent' : one.reason !== null && row['same'] === '1'
  }
  const ending = kind.requests.filter(mine)
  await update(transaction, parts, ending, { set: kind.set, bind, texts })
  return [...ending, ...kind.requests.filter((one) => !mine(one) && already(one))]
}

function isAttempt(row: Row, { attempts }: MarkRequest): boolean {
  const counted = row['attempts'] ?? null
  return attempts === undefined || counted === null || Number(counted) === attempts
}

/** The row says all that the mark would write, but for the time, which is another one at each try. */
function asMarked(
  parts: ChangeParts,
  { set }: MarkKind,
  bind: Parameters<typeof update>[3]['bind'],
  params: Params,
): string {
  const names = Object.keys(set)
  const same = parts.sql
    .assignments(set, bind, params)
    .flatMap((one, at) => (one.steady ? [sameValue(parts, names[at] ?? '', one, params)] : []))
  return same.length === 0 ? 'true' : same.join(' and ')
}

function sameValue(
  { sql, forms }: ChangeParts,
  name: string,
  { column, value }: Assignment,
  params: Params,
): string {
  if (value === 'null') return `t.${column} is null`
  const target = columnTarget(sql.frame(params), name)
  return forms.same(`t.${column}`, value, familyOf({ kind: 'column', of: target }) === 'text')
}
