import { stateInToken, tokenForms } from '../../src-main/adapters/outbox-sql/claim-forms.ts'
import { CLAIM_TOKEN_BEGINS, CLAIM_TOKEN_ENDS } from '../../src-main/domain/claim-token.ts'
import type { MessageState } from '../../src-main/domain/message.ts'
import { DUE_LIMIT_MAX } from '../../src-main/ports/due.ts'
import type {
  DueRequest,
  DueRow,
  DueRows,
  DueRule,
  ExhaustedRow,
  ExpireResult,
} from '../../src-main/ports/due.ts'
import type { SimRow, SimTable } from './sim-table.ts'

type ExpireRequest = Parameters<DueRows['expire']>[0][number]

const WAITING: ReadonlySet<MessageState> = new Set(['pending', 'scheduled', 'retrying'])
const FINISHED: ReadonlySet<MessageState> = new Set(['sent', 'discarded'])

/** In flight, and the claim is the one with this token. */
export function heldBy(table: SimTable, row: SimRow, token: string): boolean {
  return tokenForms(token).includes(String(row.columns[table.mapping.tokenColumn])) && isInFlight(table, row)
}

/** The rows that a claim with this rule would find now, in the order of the ids; `limit` and `repeat` left aside. */
export function dueRows(
  table: SimTable,
  { chained, ...rule }: DueRule & Pick<DueRequest, 'chained'>,
): readonly SimRow[] {
  const due: SimRow[] = []
  const blocked = new Set<string>()
  for (const row of table.rows()) {
    const chain = row.columns[table.mapping.chain.key] ?? null
    const isDue = itsTimeHasCome(table, row, rule) && hasAttempts(table, row, rule) && isUnclaimed(table, row)
    const free = chain === null || !chained || !blocked.has(String(chain))
    if (isDue && free && !table.isLocked(row.id)) due.push(row)
    else if (chain !== null && !FINISHED.has(table.state(row))) blocked.add(String(chain))
  }
  return due
}

export function claimDue(table: SimTable, by: string, request: DueRequest, token: string): readonly DueRow[] {
  const { mapping } = table
  if (request.repeat) {
    const held = table.rows().filter((row) => heldBy(table, row, token))
    const before = (row: SimRow) => stateInToken(String(row.columns[mapping.tokenColumn]), token)
    if (held.length > 0)
      return held.slice(0, DUE_LIMIT_MAX).map((row) => dueRow(table, row, before(row) ?? 'in-flight'))
  }
  return dueRows(table, request)
    .slice(0, Math.min(DUE_LIMIT_MAX, Math.max(0, Math.floor(request.limit))))
    .map((row) => {
      const state = table.state(row)
      const bound = { token: `${token} (was ${state})` }
      return dueRow(table, table.assign(row, mapping.resend.claim, bound, { by, action: 'claim' }), state)
    })
}

export function exhausted(table: SimTable, rule: DueRule): readonly ExhaustedRow[] {
  return table
    .rows()
    .filter(
      (row) => itsTimeHasCome(table, row, rule) && !hasAttempts(table, row, rule) && isUnclaimed(table, row),
    )
    .slice(0, rule.limit)
    .map((row) => {
      const { id, version, messageId, attempts, state } = table.message(row)
      return { id, version, messageId, attempts, state }
    })
}

export function expire(table: SimTable, by: string, { id, version, reason }: ExpireRequest): ExpireResult {
  const row = table.row(id)
  if (!row) return { id, marked: false }
  if (row.version === version && table.isActionable(row)) {
    const after = table.assign(row, table.mapping.resend.fail, { reason }, { by, action: 'expire' })
    return { id, marked: true, version: after.version }
  }
  const already = table.state(row) === 'failed' && row.columns[table.mapping.lastError] === reason
  return already ? { id, marked: true, version: row.version } : { id, marked: false }
}

function isInFlight(table: SimTable, row: SimRow): boolean {
  return table.state(row) === 'in-flight'
}

function itsTimeHasCome(table: SimTable, row: SimRow, { stuckAfterSec }: DueRule): boolean {
  const { created, updated, nextAttempt } = table.mapping.times
  const next = row.columns[nextAttempt] ?? null
  const touchedMs = Number(row.columns[updated] ?? row.columns[created] ?? 0)
  const silent = touchedMs <= table.nowMs() - stuckAfterSec * 1_000
  if (isInFlight(table, row)) return silent
  return WAITING.has(table.state(row)) && (next === null ? silent : Number(next) <= table.nowMs())
}

function hasAttempts(table: SimTable, row: SimRow, { attemptsMax }: DueRule): boolean {
  return Number(row.columns[table.mapping.attempts] ?? 0) < attemptsMax
}

/** No claim of Redrive stands in it, of this console or another. */
function isUnclaimed(table: SimTable, row: SimRow): boolean {
  const text = String(row.columns[table.mapping.tokenColumn] ?? '')
  return !(text.startsWith(CLAIM_TOKEN_BEGINS) && text.includes(CLAIM_TOKEN_ENDS))
}

function dueRow(table: SimTable, row: SimRow, stateBefore: MessageState): DueRow {
  const { id, version, messageId, attempts, type, destination, chain, createdAt, content } =
    table.message(row)
  const head = { id, messageId, attempts, stateBefore, version, type, destination }
  return { ...head, chainKey: chain?.key ?? null, createdAt, ...content }
}
