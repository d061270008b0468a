import { RedriveError } from '../../domain/errors.ts'
import { actionableStates } from '../../domain/message.ts'
import type { MessageState } from '../../domain/message.ts'
import type { ClaimRequest, ClaimResult, MarkRequest, MarkResult } from '../../ports/outbox.ts'
import { delayOf } from '../outbox-sql/actions.ts'
import { changeAll, noteOf, traceOf } from './changing.ts'
import type { Changed, ChangeOf } from './changing.ts'
import { contentOf, messageOf } from './messages.ts'
import type { Found, Note } from './messages.ts'
import type { Parts } from './parts.ts'
import { find, guarded } from './reading.ts'
import { claimsKey, counterKey } from './staging.ts'

/** Seconds for which it is known what a token has claimed: an unknown outcome is settled long before. */
const CLAIMS_SEC = 30 * 86_400

/**
 * Each claim gets a number that is larger than that of every claim before it, and the ids are written down before the first
 * of them is claimed: after a crash the token tells what it may hold.
 */
export async function beginClaim(
  { client, table, ...parts }: Parts,
  token: string,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  const key = claimsKey(table, token)
  return guarded(parts, 'write', signal, async () => {
    const fence = await client.redis.incr(counterKey(table))
    await client.redis.hset(key, {
      '@fence': fence,
      ...Object.fromEntries(ids.map((id) => [`:${id}`, fence])),
    })
    await client.redis.expire(key, CLAIMS_SEC)
    return fence
  })
}

/** Ids that a token may hold. */
export async function claimedIds(
  { client, table, ...parts }: Parts,
  token: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const all = await guarded(parts, 'read', signal, () => client.redis.hkeys(claimsKey(table, token)))
  return all.filter((name) => name.startsWith(':')).map((name) => name.slice(1))
}

/** The note of a claim. */
export function claimNote(parts: Parts, found: Found, token: string, fence: number): Note {
  const { attempts, state } = messageOf(parts, found)
  return {
    s: 'in-flight',
    t: token,
    f: fence,
    b: state,
    a: (found.note?.a ?? 0) + 1,
    c: (attempts ?? 0) + 1,
    u: 0,
    e: token,
  }
}

export async function claimMessages(
  parts: Parts,
  requests: readonly ClaimRequest[],
  token: string,
  signal: AbortSignal,
): Promise<readonly ClaimResult[]> {
  if (requests.length === 0) return []
  const seen = new Map(
    (
      await find(
        parts,
        requests.map(({ id }) => id),
        signal,
      )
    ).map((found) => [found.id, found]),
  )
  const mine = (found: Found | undefined): boolean => found?.note?.s === 'in-flight' && found.note.t === token
  const fresh = requests.filter(({ id, version }) => {
    const found = seen.get(id)
    if (found === undefined || mine(found) || found.version !== version) return false
    return actionableStates.has(messageOf(parts, found).state)
  })
  const claimed = new Set(requests.filter(({ id }) => mine(seen.get(id))).map(({ id }) => id))
  if (fresh.length > 0) {
    const fence = await beginClaim(
      parts,
      token,
      fresh.map(({ id }) => id),
      signal,
    )
    const changes = fresh.flatMap(({ id, version }): ChangeOf[] => {
      const found = seen.get(id)
      return found === undefined
        ? []
        : [{ id, guard: { version, fence }, note: claimNote(parts, found, token, fence) }]
    })
    for (const { id, changed } of await changeAll(parts, changes, signal)) if (changed) claimed.add(id)
  }
  const now = new Map((await find(parts, [...claimed], signal)).map((found) => [found.id, found]))
  return requests.map(({ id }) => {
    const found = now.get(id)
    if (found === undefined || !mine(found)) return { id, claimed: false }
    const attempts = messageOf(parts, found).attempts ?? 0
    return { id, claimed: true, version: found.version, attempts, content: contentOf(parts, found) }
  })
}

export async function markMessages(
  parts: Parts,
  requests: readonly MarkRequest[],
  token: string,
  signal: AbortSignal,
): Promise<readonly MarkResult[]> {
  if (requests.length === 0) return []
  const delays = requests.map((one) =>
    one.as === 'retry' ? Math.round(Number(delayOf(one)) * 1_000) : undefined,
  )
  const fences = await fencesOf(parts, token, requests, signal)
  const changes = requests.map((one, at): ChangeOf => {
    const delayMs = delays[at]
    return {
      id: one.id,
      // Without a fencing token it has claimed nothing, and the guard holds for no message.
      guard: { token, fence: fences[at] ?? -1, attempts: one.attempts },
      note: markNote(one),
      ...(delayMs === undefined ? {} : { delayMs }),
      ...(one.as === 'confirm' && parts.staged.onConfirm !== 'keep' ? { removedBy: token } : {}),
    }
  })
  const changed = await changeAll(parts, changes, signal)
  await forget(parts, token, changed, signal)
  return requests.map((one, at) => {
    const answer = changed[at]
    if (answer === undefined || !(answer.changed || already(one, answer, token)))
      return { id: one.id, marked: false }
    return { id: one.id, marked: true, version: answer.version === '' ? 'gone' : answer.version }
  })
}

/** What is ended the token holds no more. */
async function forget(
  { client, table, ...parts }: Parts,
  token: string,
  changed: readonly Changed[],
  signal: AbortSignal,
): Promise<void> {
  const names = changed.filter((one) => one.changed).map(({ id }) => `:${id}`)
  if (names.length === 0) return
  await guarded(parts, 'write', signal, () => client.redis.hdel(claimsKey(table, token), ...names))
}

async function fencesOf(
  { client, table, ...parts }: Parts,
  token: string,
  requests: readonly MarkRequest[],
  signal: AbortSignal,
): Promise<readonly (number | null)[]> {
  const names = requests.map(({ id }) => `:${id}`)
  const found = await guarded(parts, 'read', signal, () =>
    client.redis.hmget(claimsKey(table, token), ...names),
  )
  return found.map((text) => (text === null ? null : Number(text)))
}

function markNote({ as, reason, stateBefore }: MarkRequest): Note {
  if (as === 'confirm') return { s: 'sent', u: 0 }
  if (as === 'fail') return { s: 'failed', u: 0, e: reason }
  if (as === 'retry') return { s: 'waits', u: 0, e: reason }
  return { s: releasedTo(stateBefore), u: 0, e: reason }
}

function releasedTo(state: MessageState): Note['s'] {
  if (state === 'failed' || state === 'in-flight') return state
  if (state === 'pending' || state === 'scheduled' || state === 'retrying') return 'waits'
  throw new RedriveError('state-forbids', 'never', { state })
}

/** A repeat finds what the first one wrote: the trace of what it removed, or its words. */
function already(one: MarkRequest, { text }: Changed, token: string): boolean {
  if (one.as === 'confirm') return traceOf(text)?.token === token || noteOf(text)?.s === 'sent'
  const note = noteOf(text)
  return one.reason !== null && note?.s === markNote(one).s && note.e === one.reason && note.t === undefined
}
