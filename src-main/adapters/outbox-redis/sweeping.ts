import { CLAIM_TOKEN_BEGINS, CLAIM_TOKEN_ENDS } from '../../domain/claim-token.ts'
import { RedriveError } from '../../domain/errors.ts'
import { say } from '../../domain/text.ts'
import type { Message } from '../../domain/message.ts'
import { DUE_LIMIT_MAX } from '../../ports/due.ts'
import type { DueRequest, DueRow, DueRows, DueRule, ExhaustedRow } from '../../ports/due.ts'
import { changeAll, noteOf } from './changing.ts'
import { beginClaim, claimedIds, claimNote } from './claiming.ts'
import { contentOf, messageOf } from './messages.ts'
import type { Found } from './messages.ts'
import type { Parts } from './parts.ts'
import { find } from './reading.ts'
import { scanIds } from './scanning.ts'

/** Messages that are looked at together for the next claim. */
const STEP = 400
/** Longest time of one look through all ids. */
const SCAN_BUDGET_MS = 20_000
const WAITING = new Set(['pending', 'scheduled', 'retrying'])

/**
 * Ids of the last look through the outbox that were not looked at yet: a claim of some hundred messages must not walk through
 * all of them again. What is due is decided on each message as it is then.
 */
interface Ahead {
  ids: readonly string[]
  at: number
}

export function dueRows(parts: Parts): DueRows {
  const ahead: Ahead = { ids: [], at: 0 }
  return {
    claimDue: (request, token, signal) => claimDue(parts, ahead, { request, token }, signal),
    exhausted: (rule, signal) => exhausted(parts, rule, signal),
    expire: (requests, signal) => expire(parts, requests, signal),
  }
}

async function claimDue(
  parts: Parts,
  ahead: Ahead,
  { request, token }: { readonly request: DueRequest; readonly token: string },
  signal: AbortSignal,
): Promise<readonly DueRow[]> {
  requireUnchained(parts, request)
  if (request.repeat) {
    const held = await heldBy(parts, token, signal)
    if (held.length > 0) return held
  }
  const limit = limitOf(request)
  const claimed: DueRow[] = []
  let looked = false
  while (claimed.length < limit) {
    if (ahead.at >= ahead.ids.length) {
      if (looked) break
      looked = true
      ahead.ids = (await scanIds(parts, SCAN_BUDGET_MS, signal)).ids
      ahead.at = 0
    }
    const wanted = limit - claimed.length
    const some = ahead.ids.slice(ahead.at, ahead.at + Math.min(STEP, wanted))
    const due = (await find(parts, some, signal)).filter((found) => isDue(parts, found, request))
    if (due.length > 0) claimed.push(...(await claimThese(parts, due, token, signal)))
    ahead.at += some.length
  }
  return claimed
}

/** Messages in Redis are looked at one by one: what stands before one of its chain nobody could tell at once. */
function requireUnchained({ mapping }: Parts, { chained }: DueRequest): void {
  if (!chained || mapping.chain === undefined) return
  throw new RedriveError('action-refused', 'never', {
    action: 'resend',
    reason: say('refused.redis-chain'),
    instead: say('instead.order-none'),
  })
}

async function claimThese(
  parts: Parts,
  due: readonly Found[],
  token: string,
  signal: AbortSignal,
): Promise<readonly DueRow[]> {
  const fence = await beginClaim(
    parts,
    token,
    due.map(({ id }) => id),
    signal,
  )
  const changed = await changeAll(
    parts,
    due.map((found) => ({
      id: found.id,
      guard: { version: found.version, fence },
      note: claimNote(parts, found, token, fence),
    })),
    signal,
  )
  return due.flatMap((found, at) => {
    const answer = changed[at]
    if (answer?.changed !== true) return []
    const before = messageOf(parts, found)
    return [
      dueRow(parts, found, { ...before, attempts: (before.attempts ?? 0) + 1, version: answer.version }),
    ]
  })
}

async function heldBy(parts: Parts, token: string, signal: AbortSignal): Promise<readonly DueRow[]> {
  // A job has one token for all its claims: most of what it has claimed is ended already.
  const ids = await claimedIds(parts, token, signal)
  const held: Found[] = []
  for (let at = 0; at < ids.length && held.length < DUE_LIMIT_MAX; at += STEP)
    for (const found of await find(parts, ids.slice(at, at + STEP), signal))
      if (found.note?.s === 'in-flight' && found.note.t === token) held.push(found)
  return held.map((found) =>
    dueRow(parts, found, { ...messageOf(parts, found), state: found.note?.b ?? 'in-flight' }),
  )
}

const NOWHERE = { exchange: '', routingKey: '' }

/** `message`: as it was, with the attempt and the version of the claim. */
function dueRow(parts: Parts, found: Found, message: Message): DueRow {
  const { payload, headers } = contentOf(parts, found)
  return {
    id: message.id,
    messageId: message.messageId,
    attempts: message.attempts ?? 0,
    stateBefore: message.state,
    version: message.version,
    type: message.type,
    destination: message.destination ?? NOWHERE,
    chainKey: message.chain?.key ?? null,
    createdAt: message.createdAt ?? '',
    payload,
    headers,
  }
}

function isDue(parts: Parts, found: Found, rule: DueRule): boolean {
  const message = messageOf(parts, found)
  return isReached(message, found, rule) && (message.attempts ?? 0) < rule.attemptsMax
}

/** Its time has come and nobody of Redrive has claimed it, whatever its attempts. */
function isReached(
  { state, updatedAt, createdAt, nextAttemptAt, lastError }: Message,
  { nowMs }: Found,
  rule: DueRule,
) {
  const error = lastError ?? ''
  const claimed = error.startsWith(CLAIM_TOKEN_BEGINS) && error.includes(CLAIM_TOKEN_ENDS)
  if (claimed) return false
  const touched = updatedAt ?? createdAt
  const silent = touched !== null && Date.parse(touched) <= nowMs - rule.stuckAfterSec * 1_000
  if (state === 'in-flight') return silent
  if (!WAITING.has(state)) return false
  return nextAttemptAt === null ? silent : Date.parse(nextAttemptAt) <= nowMs
}

function limitOf({ limit }: DueRule): number {
  return Math.max(0, Math.min(DUE_LIMIT_MAX, Math.floor(limit)))
}

async function exhausted(parts: Parts, rule: DueRule, signal: AbortSignal): Promise<readonly ExhaustedRow[]> {
  const limit = limitOf(rule)
  const rows: ExhaustedRow[] = []
  if (limit === 0) return rows
  const { ids } = await scanIds(parts, SCAN_BUDGET_MS, signal)
  for (let at = 0; at < ids.length && rows.length < limit; at += STEP)
    for (const found of await find(parts, ids.slice(at, at + STEP), signal)) {
      const message = messageOf(parts, found)
      const { id, version, messageId, state } = message
      const attempts = message.attempts ?? 0
      if (attempts < rule.attemptsMax || !isReached(message, found, rule)) continue
      rows.push({ id, version, messageId, attempts, state })
    }
  return rows.slice(0, limit)
}

async function expire(
  parts: Parts,
  requests: Parameters<DueRows['expire']>[0],
  signal: AbortSignal,
): ReturnType<DueRows['expire']> {
  const seen = new Map(
    (
      await find(
        parts,
        requests.map(({ id }) => id),
        signal,
      )
    ).map((found) => [found.id, found]),
  )
  const changed = await changeAll(
    parts,
    requests.map(({ id, version, reason }) => ({
      id,
      guard: { version },
      note: { s: 'failed', u: 0, e: reason, a: seen.get(id)?.note?.a ?? 0 } as const,
    })),
    signal,
  )
  return requests.map(({ id, reason }, at) => {
    const answer = changed[at]
    const note = noteOf(answer?.text ?? null)
    const again = answer?.changed === false && note?.s === 'failed' && note.e === reason
    return answer !== undefined && (answer.changed || again)
      ? { id, marked: true, version: answer.version }
      : { id, marked: false }
  })
}
