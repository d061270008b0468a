import { holdsContent, seeksContent } from '../../domain/content-search.ts'
import { RedriveError } from '../../domain/errors.ts'
import type { Message } from '../../domain/message.ts'
import { COUNT_MAX, GROUPS_MAX, LIST_LIMIT_MAX } from '../../ports/outbox.ts'
import type {
  BoundedCount,
  GroupBy,
  ListQuery,
  MessageFilter,
  MessageGroup,
  MessagePage,
  Outbox,
  Scope,
} from '../../ports/outbox.ts'
import { readCursor, writeCursor } from '../outbox-sql/cursor.ts'
import { contentOf, messageOf, withContent } from './messages.ts'
import type { Found } from './messages.ts'
import type { Parts } from './parts.ts'
import { find } from './reading.ts'
import { recentIds } from './scanning.ts'
import { compareIds } from './staging.ts'

/** Messages that are read before time is looked at again. */
const STEP = 200
/** Of an error, as a group is named by it. */
const ERROR_KEY_LENGTH = 200
/** For what is asked without a budget of its own. */
const BUDGET_MS = 10_000

/** What the filter says beside the content. */
function fitsFields(filter: MessageFilter, message: Message, nowMs: number): boolean {
  const { trouble, states, type, error, chainKey, exchange, messageId } = filter
  const equal = (wanted: string | undefined, is: string | null | undefined): boolean =>
    wanted === undefined || wanted === is
  return (
    (trouble === undefined || message.trouble === trouble) &&
    (states === undefined || states.includes(message.state)) &&
    equal(type, message.type) &&
    equal(chainKey, message.chain?.key) &&
    equal(exchange, message.destination?.exchange) &&
    equal(messageId, message.messageId) &&
    (error === undefined || (message.lastError ?? '').toLowerCase().includes(error.toLowerCase())) &&
    isOfAge(filter, message, nowMs)
  )
}

function isOfAge({ ageSecMin, ageSecMax }: MessageFilter, message: Message, nowMs: number): boolean {
  if (ageSecMin !== undefined && !olderThan(message, ageSecMin, nowMs)) return false
  return ageSecMax === undefined || (message.createdAt !== null && !olderThan(message, ageSecMax, nowMs))
}

/** Of the found message, where the filter holds for it. */
function fitting(parts: Parts, filter: MessageFilter, found: Found): Message | null {
  const message = messageOf(parts, found)
  if (!fitsFields(filter, message, found.nowMs)) return null
  return !seeksContent(filter) || holdsContent(filter, contentOf(parts, found)) ? message : null
}

function olderThan({ createdAt }: Message, seconds: number, nowMs: number): boolean {
  return createdAt !== null && Date.parse(createdAt) < nowMs - seconds * 1_000
}

export async function listMessages(
  parts: Parts,
  query: ListQuery,
  signal: AbortSignal,
): Promise<MessagePage> {
  const { limit, order, filter } = query
  if (!Number.isInteger(limit) || limit < 1 || limit > LIST_LIMIT_MAX)
    throw new RedriveError('usage', 'never', { problem: `The limit is at most ${LIST_LIMIT_MAX}.` })
  const position = readCursor(query.cursor, order, (place) => place)
  const messages: Message[] = []
  const walked = await walk(
    parts,
    { order, after: position.after, budgetMs: query.budgetMs },
    signal,
    (found) => {
      const message = fitting(parts, filter, found)
      if (message === null) return false
      // One more than asked for tells whether there is a next page.
      if (messages.length === limit) return true
      messages.push(message)
      return false
    },
  )
  const more =
    walked.end === 'enough' ? (messages.at(-1)?.id ?? null) : walked.scope.complete ? null : walked.after
  return {
    messages,
    nextCursor: more === null ? null : writeCursor({ order, after: more, sliced: false }),
    scope:
      walked.end === 'enough'
        ? ({ complete: walked.whole, ...incomplete(walked.whole, more) } as Scope)
        : walked.scope,
  }
}

function incomplete(whole: boolean, after: string | null) {
  return whole ? {} : { reason: 'time-budget' as const, scannedToId: after }
}

interface Walk {
  readonly order: 'newest' | 'oldest'
  readonly after: string | null
  readonly budgetMs: number
}

interface Walked {
  readonly end: 'all' | 'enough' | 'budget'
  /** All ids are known: none is missing between those that were looked at. */
  readonly whole: boolean
  readonly after: string | null
  readonly scope: Scope
}

/** Reads message after message in the order of their ids until `take` has enough. */
async function walk(
  parts: Parts,
  { order, after, budgetMs }: Walk,
  signal: AbortSignal,
  take: (found: Found) => boolean,
): Promise<Walked> {
  const endsAt = performance.now() + budgetMs
  // Half of the time at most goes into finding the ids; the other half is for reading.
  const { ids, complete } = await recentIds(parts, budgetMs / 2, signal)
  const sorted = order === 'oldest' ? ids : ids.toReversed()
  const left = after === null ? sorted : sorted.filter((id) => isBehind(id, after, order))
  let last = after
  for (let at = 0; at < left.length; at += STEP) {
    if (performance.now() >= endsAt) {
      const scope = { complete: false, reason: 'time-budget', scannedToId: last } as const
      return { end: 'budget', whole: complete, after: last, scope }
    }
    const some = left.slice(at, at + STEP)
    for (const found of await find(parts, some, signal))
      if (take(found)) return { end: 'enough', whole: complete, after: last, scope: { complete: true } }
    last = some.at(-1) ?? last
  }
  // What SCAN had not told yet may lie anywhere: the next call begins anew, and nothing is called complete.
  const scope: Scope = complete
    ? { complete: true }
    : { complete: false, reason: 'time-budget', scannedToId: null }
  return { end: 'all', whole: complete, after: null, scope }
}

function isBehind(id: string, after: string, order: Walk['order']): boolean {
  const place = compareIds(id, after)
  return order === 'oldest' ? place > 0 : place < 0
}

/** Every message for which the filter holds, for those who look for one of a kind. */
export async function eachMessage(
  parts: Parts,
  filter: MessageFilter,
  signal: AbortSignal,
  take: (message: Message) => boolean,
): Promise<void> {
  await walk(parts, { order: 'oldest', after: null, budgetMs: BUDGET_MS }, signal, (found) => {
    const message = fitting(parts, filter, found)
    return message === null ? false : take(message)
  })
}

export async function countMessages(
  parts: Parts,
  filter: MessageFilter,
  budgetMs: number,
  signal: AbortSignal,
): Promise<BoundedCount> {
  let [count, oldest]: [number, string | null] = [0, null]
  const { scope, whole } = await walk(parts, { order: 'oldest', after: null, budgetMs }, signal, (found) => {
    const message = fitting(parts, filter, found)
    if (message === null) return false
    count += 1
    oldest = earlier(oldest, message.createdAt)
    return count > COUNT_MAX
  })
  const told: Scope = whole ? scope : { complete: false, reason: 'time-budget', scannedToId: null }
  return {
    count: Math.min(count, COUNT_MAX),
    bounded: count > COUNT_MAX,
    oldestCreatedAt: oldest,
    scope: told,
  }
}

function earlier(one: string | null, other: string | null): string | null {
  if (one === null || other === null) return one ?? other
  return one < other ? one : other
}

export async function groupMessages(
  parts: Parts,
  {
    filter,
    by,
    budgetMs,
  }: { readonly filter: MessageFilter; readonly by: GroupBy; readonly budgetMs: number },
  signal: AbortSignal,
): ReturnType<Outbox['groups']> {
  const groups = new Map<string, MessageGroup>()
  let rows = 0
  const { scope } = await walk(parts, { order: 'oldest', after: null, budgetMs }, signal, (found) => {
    const message = fitting(parts, filter, found)
    if (message === null) return false
    const key = groupOf(message, by)
    const known = groups.get(key)
    rows += 1
    groups.set(key, {
      key,
      count: (known?.count ?? 0) + 1,
      oldestCreatedAt: earlier(known?.oldestCreatedAt ?? null, message.createdAt),
    })
    return rows >= COUNT_MAX
  })
  const sorted = [...groups.values()].sort((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1))
  return {
    groups: sorted.slice(0, GROUPS_MAX),
    bounded: rows >= COUNT_MAX || sorted.length > GROUPS_MAX,
    scope,
  }
}

function groupOf({ type, lastError, destination }: Message, by: GroupBy): string {
  if (by === 'type') return type ?? ''
  if (by === 'error') return (lastError ?? '').slice(0, ERROR_KEY_LENGTH)
  return `${destination?.exchange ?? ''}/${destination?.routingKey ?? ''}`
}

export async function readMessages(
  parts: Parts,
  ids: readonly string[],
  signal: AbortSignal,
): ReturnType<Outbox['read']> {
  return (await find(parts, ids, signal)).map((found) => withContent(parts, found))
}

/** Only where messages that were sent stay: of those that are gone nobody knows. */
export async function readLaterSent(
  parts: Parts,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const later = new Map<string, string>()
  if (parts.staged.onConfirm !== 'keep' || ids.length === 0) return later
  const first = new Map<string, string>()
  for (const found of await find(parts, ids, signal)) {
    const { chain, id } = messageOf(parts, found)
    const known = chain === null ? undefined : first.get(chain.key)
    if (chain !== null && (known === undefined || compareIds(id, known) < 0)) first.set(chain.key, id)
  }
  if (first.size === 0) return later
  await eachMessage(parts, { states: ['sent'] }, signal, ({ chain, id }) => {
    const from = chain === null ? undefined : first.get(chain.key)
    if (chain !== null && from !== undefined && compareIds(id, from) > 0) later.set(chain.key, id)
    return false
  })
  return later
}
