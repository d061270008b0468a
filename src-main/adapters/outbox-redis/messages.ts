import type { Mapping } from '../../domain/mapping/mapping.ts'
import type {
  Message,
  MessageContent,
  MessageState,
  MessageWithContent,
  Trouble,
} from '../../domain/message.ts'
import { decodePayload } from '../outbox-sql/content.ts'
import { holds, textAt, timeAt } from './evaluate.ts'
import type { Fields, Scope } from './evaluate.ts'
import { cellOf, membersOf } from './json-text.ts'
import type { Parts } from './parts.ts'

/** What Redrive has noted beside a message: the claim, the attempts and what came of them. Times are milliseconds. */
export interface Note {
  /** `waits`: for its next attempt. */
  readonly s: 'in-flight' | 'waits' | 'failed' | 'sent' | 'discarded'
  /** Token of the claim. */
  readonly t?: string
  /** Fencing token of the claim: each one is larger than those before it. */
  readonly f?: number
  /** State before the claim. */
  readonly b?: MessageState
  /** Attempts of Redrive, and with those of the service at the claim. */
  readonly a?: number
  readonly c?: number
  /** Last change; written as 0, it becomes the server's time. */
  readonly u: number
  readonly n?: number
  readonly e?: string | null
  /** Token of the decision, and the note before it. */
  readonly d?: string
  readonly p?: string
}

/** One message as the server told it. */
export interface Found {
  readonly id: string
  readonly nowMs: number
  readonly fields: Fields
  readonly note: Note | null
  readonly version: string
}

/** The pairs that the server told as fields by name; of JSON its members besides. */
export function fieldsOf(pairs: readonly string[], id: string): Fields {
  const fields = new Map<string, string | null>([['@id', id]])
  const [, time] = /^(\d{10,})-\d+$/.exec(id) ?? []
  if (time !== undefined) fields.set('@time', time)
  for (let at = 0; at < pairs.length; at += 2) fields.set(pairs[at] ?? '', pairs[at + 1] ?? null)
  const text = fields.get('@value') ?? null
  for (const [name, raw] of text === null ? [] : (membersOf(text) ?? [])) fields.set(name, cellOf(raw))
  return fields
}

export function scopeOf({ mapping }: Pick<Parts, 'mapping'>, { fields, nowMs }: Found): Scope {
  return { mapping, fields, nowMs }
}

interface Times {
  readonly created: number | null
  readonly updated: number | null
  readonly next: number | null
}

function timesOf({ times }: Mapping, scope: Scope, note: Note | null): Times {
  const of = (field: Mapping['times'][keyof Mapping['times']]): number | null => {
    if (field === undefined) return null
    if (typeof field === 'string') return timeAt(field, scope)
    return holds(field.when, scope) === true ? timeAt(field.column, scope) : null
  }
  return {
    created: of(times.created),
    updated: note === null ? of(times.updated) : note.u,
    next: note === null ? of(times.nextAttempt) : (note.n ?? null),
  }
}

export function messageOf(parts: Parts, found: Found): Message {
  const { mapping } = parts
  const { note, id, version, nowMs } = found
  const scope = scopeOf(parts, found)
  const text = (field: Parameters<typeof textAt>[0]): string | null => textAt(field, scope)
  const times = timesOf(mapping, scope, note)
  const attempts = serviceAttempts(parts, scope) + (note?.a ?? 0)
  const limit = limitOf(parts, scope)
  const state = stateOf(parts, scope, { note, times, attempts })
  const chainKey = text(mapping.chain?.key)
  return {
    id,
    version,
    messageId: text(mapping.messageId) ?? '',
    state,
    trouble: troubleOf(parts, { state, times, attempts, limit, nowMs }),
    attempts,
    attemptsMax: limit,
    type: text(mapping.type),
    destination:
      mapping.destination === undefined
        ? null
        : {
            exchange: text(mapping.destination.exchange) ?? '',
            routingKey: text(mapping.destination.routingKey) ?? '',
          },
    chain: chainKey === null ? null : { key: chainKey, previousId: text(mapping.chain?.previousId) },
    createdAt: iso(times.created),
    updatedAt: iso(times.updated),
    nextAttemptAt: iso(times.next),
    lastError: note === null ? text(mapping.lastError) : (note.e ?? null),
  }
}

export function withContent(parts: Parts, found: Found): MessageWithContent {
  return { ...messageOf(parts, found), content: contentOf(parts, found) }
}

export function contentOf(parts: Parts, found: Found): MessageContent {
  const { payload, headers } = parts.mapping
  const scope = scopeOf(parts, found)
  const text = textAt(payload?.value, scope) ?? ''
  return {
    payload: payload === undefined ? text : decodePayload(text, payload.encoding, false),
    headers: headers !== undefined && 'value' in headers ? textAt(headers.value, scope) : null,
  }
}

function serviceAttempts({ mapping: { attempts } }: Parts, scope: Scope): number {
  if (attempts === undefined) return 0
  return Math.max(
    0,
    Number(textAt(attempts.value, scope) ?? attempts.startsAt ?? 0) - (attempts.startsAt ?? 0),
  )
}

function limitOf({ mapping: { attempts }, limits }: Parts, scope: Scope): number {
  const { limit } = attempts ?? {}
  if (limit === undefined) return limits.attemptsMax
  return typeof limit === 'number' ? limit : Number(textAt(limit, scope) ?? limits.attemptsMax)
}

function stateOf(
  { mapping }: Parts,
  scope: Scope,
  { note, times, attempts }: { note: Note | null; times: Times; attempts: number },
): MessageState {
  if (note === null) return mapping.states.find(({ when }) => holds(when, scope) === true)?.state ?? 'unknown'
  if (note.s !== 'waits') return note.s
  if (times.next !== null && times.next > scope.nowMs) return 'scheduled'
  return attempts > 0 ? 'retrying' : 'pending'
}

interface Judged {
  readonly state: MessageState
  readonly times: Times
  readonly attempts: number
  readonly limit: number
  readonly nowMs: number
}

/** As the other sources have it: see adapters/outbox-sql/states.ts. */
function troubleOf({ limits }: Parts, { state, times, attempts, limit, nowMs }: Judged): Trouble | null {
  if (state === 'failed') return 'failed'
  const waits = state === 'pending' || state === 'retrying'
  if (waits && attempts >= limit) return 'failed'
  const since = nowMs - limits.stuckAfterSec * 1_000
  const touched = times.updated ?? times.created
  const silent = touched !== null && touched < since
  if (state === 'in-flight') return silent ? 'stuck' : null
  if (state === 'scheduled') return times.next !== null && times.next < since ? 'stuck' : null
  return waits && isOverdue({ touched, silent, next: times.next }, since) ? 'stuck' : null
}

/** Neither changed, nor due, within the time; what a message does not say does not count. */
function isOverdue(
  { touched, silent, next }: { touched: number | null; silent: boolean; next: number | null },
  since: number,
): boolean {
  const passed = next !== null && next < since
  return touched === null ? passed : silent && (next === null || passed)
}

function iso(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString()
}
