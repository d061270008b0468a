import { holdsContent } from '../../src-main/domain/content-search.ts'
import { RedriveError } from '../../src-main/domain/errors.ts'
import { mappingDigest } from '../../src-main/domain/mapping/walk.ts'
import type { MappingAssignments } from '../../src-main/domain/mapping/values.ts'
import type { Message, MessageWithContent } from '../../src-main/domain/message.ts'
import { COUNT_MAX, GROUPS_MAX, LIST_LIMIT_MAX } from '../../src-main/ports/outbox.ts'
import type {
  ClaimRequest,
  ClaimResult,
  GroupBy,
  ListQuery,
  MarkRequest,
  MarkResult,
  MessageFilter,
  MessagePage,
  Outbox,
  ResolveRequest,
  ResolveResult,
  UndoRequest,
} from '../../src-main/ports/outbox.ts'
import { claimDue, exhausted, expire, heldBy } from './sim-due.ts'
import { handBack, preview } from './sim-hand-back.ts'
import type { Columns, SimRow, SimTable } from './sim-table.ts'

/** One transaction of the simulated server: all of it happens at one moment, or nothing. */
export type Statement<T> = () => T

export type Execute = <T>(
  statement: { readonly name: string; readonly mode: 'read' | 'write'; readonly run: Statement<T> },
  signal: AbortSignal,
) => Promise<T>

const COMPLETE = { complete: true } as const

/**
 * The Outbox port over a SimTable. `execute` decides when, whether and how often a statement happens, and what its
 * caller hears of it; `by` is who writes, for the record.
 */
export function simOutbox(table: SimTable, by: string, execute: Execute): Outbox {
  const read = <T>(name: string, signal: AbortSignal, run: Statement<T>): Promise<T> =>
    execute({ name, mode: 'read', run }, signal)
  const write = <T>(name: string, signal: AbortSignal, run: Statement<T>): Promise<T> =>
    execute({ name, mode: 'write', run }, signal)
  return {
    mapping: table.mapping.whole,
    shape: 'simulated',
    chains: null,
    evidence: null,
    stored: null,
    events: null,
    ids: null,
    report: (signal) =>
      read('report', signal, () => ({
        serverVersion: 'PostgreSQL 18.0 (simulated)',
        role: 'primary',
        latencyMs: 1,
        table: 'public.outbox_message',
        profile: table.mapping.whole.profile,
        mappingDigest: mappingDigest(table.mapping.whole),
        privileges: { select: true, update: true },
        drift: null,
        readRoleCanWrite: false,
        indexed: true,
      })),
    // Nobody asks it here.
    clock: () => Promise.resolve(new Date(0).toISOString()),
    list: (query, signal) => read('list', signal, () => list(table, query)),
    count: (filter, _budgetMs, signal) =>
      read('count', signal, () => {
        const found = matching(table, filter)
        const oldest = found.map(({ createdAt }) => createdAt).sort()[0] ?? null
        const count = Math.min(found.length, COUNT_MAX)
        return { count, bounded: found.length > COUNT_MAX, oldestCreatedAt: oldest, scope: COMPLETE }
      }),
    groups: (filter, grouping, _budgetMs, signal) =>
      read('groups', signal, () => groups(table, filter, grouping)),
    read: (ids, signal) =>
      read('read', signal, () => ids.flatMap((id) => table.row(id) ?? []).map((row) => table.message(row))),
    laterSent: (ids, signal) => read('laterSent', signal, () => laterSent(table, ids)),
    claim: (requests, token, signal) =>
      write('claim', signal, () => requests.map((request) => claim(table, by, request, token))),
    mark: (requests, token, signal) =>
      write('mark', signal, () => requests.map((request) => mark(table, by, request, token))),
    resolve: (requests, signal) =>
      write('resolve', signal, () => requests.map((request) => resolve(table, by, request))),
    undo: (requests, signal) =>
      write('undo', signal, () => requests.map((request) => undo(table, by, request))),
    claimDue: (request, token, signal) =>
      write('claimDue', signal, () => claimDue(table, by, request, token)),
    exhausted: (rule, signal) => read('exhausted', signal, () => exhausted(table, rule)),
    expire: (requests, signal) =>
      write('expire', signal, () => requests.map((request) => expire(table, by, request))),
    retry: (requests, signal) =>
      write('hand back', signal, () => requests.map((request) => handBack(table, by, request))),
    decide: () =>
      Promise.reject(new RedriveError('action-refused', 'never', { reason: 'it has no half messages' })),
    preview: (action, requests, signal) =>
      read('preview', signal, () => requests.map((request) => preview(table, action, request))),
    explain: () => Promise.resolve([]),
    close: () => Promise.resolve(),
  }
}

function list(table: SimTable, { filter, order, cursor, limit }: ListQuery): MessagePage {
  if (!Number.isInteger(limit) || limit < 1 || limit > LIST_LIMIT_MAX) {
    throw new RedriveError('usage', 'never', { problem: `The limit is at most ${LIST_LIMIT_MAX}.` })
  }
  const after = cursor === null ? null : readCursor(cursor, order)
  const found = matching(table, filter).map(withoutContent)
  if (order === 'newest') found.reverse()
  const from = after === null ? 0 : found.findIndex(({ id }) => isBehind(id, after, order))
  const page = from < 0 ? [] : found.slice(from, from + limit + 1)
  const messages = page.slice(0, limit)
  const last = page.length > limit ? messages.at(-1) : undefined
  return { messages, nextCursor: last ? `${order} ${last.id}` : null, scope: COMPLETE }
}

function withoutContent(message: MessageWithContent): Message {
  const { content, ...rest } = message
  void content
  return rest
}

function readCursor(cursor: string, order: ListQuery['order']): number {
  const match = /^(newest|oldest) (\d+)$/.exec(cursor)
  if (match?.[1] === order) return Number(match[2])
  throw new RedriveError('usage', 'never', { problem: 'This cursor belongs to another list.' })
}

function isBehind(id: string, after: number, order: ListQuery['order']): boolean {
  return order === 'oldest' ? Number(id) > after : Number(id) < after
}

function matching(table: SimTable, filter: MessageFilter) {
  const bornBeforeMs = table.nowMs() - (filter.ageSecMin ?? 0) * 1_000
  const bornAfterMs = table.nowMs() - (filter.ageSecMax ?? 0) * 1_000
  return table
    .rows()
    .map((row) => table.message(row))
    .filter(
      (message) =>
        (filter.trouble === undefined || message.trouble === filter.trouble) &&
        (filter.states === undefined || filter.states.includes(message.state)) &&
        (filter.type === undefined || message.type === filter.type) &&
        (filter.chainKey === undefined || message.chain?.key === filter.chainKey) &&
        (filter.exchange === undefined || message.destination.exchange === filter.exchange) &&
        (filter.messageId === undefined || message.messageId === filter.messageId) &&
        (filter.error === undefined || contains(message.lastError, filter.error)) &&
        (filter.ageSecMin === undefined || Date.parse(message.createdAt) <= bornBeforeMs) &&
        (filter.ageSecMax === undefined || Date.parse(message.createdAt) > bornAfterMs) &&
        holdsContent(filter, message.content),
    )
}

function contains(text: string | null, part: string): boolean {
  return text !== null && text.toLowerCase().includes(part.toLowerCase())
}

function groups(table: SimTable, filter: MessageFilter, by: GroupBy) {
  const counted = new Map<string, { key: string; count: number; oldestCreatedAt: string | null }>()
  for (const { type, lastError, destination, createdAt } of matching(table, filter)) {
    const key =
      { type, error: lastError, destination: `${destination.exchange}/${destination.routingKey}` }[by] ?? ''
    const group = counted.get(key) ?? { key, count: 0, oldestCreatedAt: createdAt }
    group.count += 1
    if (group.oldestCreatedAt === null || createdAt < group.oldestCreatedAt) group.oldestCreatedAt = createdAt
    counted.set(key, group)
  }
  const sorted = [...counted.values()].sort((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1))
  return { groups: sorted.slice(0, GROUPS_MAX), bounded: sorted.length > GROUPS_MAX, scope: COMPLETE }
}

function laterSent(table: SimTable, ids: readonly string[]): ReadonlyMap<string, string> {
  const first = new Map<string, number>()
  for (const id of ids) {
    const key = table.row(id)?.columns[table.mapping.chain.key] ?? null
    if (key !== null) first.set(String(key), Math.min(first.get(String(key)) ?? Infinity, Number(id)))
  }
  const later = new Map<string, string>()
  for (const row of table.rows()) {
    const key = String(row.columns[table.mapping.chain.key] ?? '')
    if (table.state(row) === 'sent' && Number(row.id) > (first.get(key) ?? Infinity)) later.set(key, row.id)
  }
  return later
}

function claim(table: SimTable, by: string, { id, version }: ClaimRequest, token: string): ClaimResult {
  const row = table.row(id)
  if (!row) return { id, claimed: false }
  if (heldBy(table, row, token)) return claimed(table, row)
  if (row.version !== version || !table.isActionable(row)) return { id, claimed: false }
  return claimed(table, table.assign(row, table.mapping.resend.claim, { token }, { by, action: 'claim' }))
}

function claimed(table: SimTable, row: SimRow): ClaimResult {
  const { attempts, content } = table.message(row)
  return { id: row.id, claimed: true, version: row.version, attempts, content }
}

function mark(table: SimTable, by: string, request: MarkRequest, token: string): MarkResult {
  const { id, as, reason } = request
  const row = table.row(id)
  if (!row) return { id, marked: false }
  const set = assignmentsOf(table, request)
  const delay = as === 'retry' ? { delaySec: delayOf(request) } : {}
  const sameClaim = request.attempts === undefined || table.message(row).attempts === request.attempts
  if (heldBy(table, row, token) && sameClaim) {
    const { version } = table.assign(row, set, { reason, ...delay }, { by, action: as })
    return { id, marked: true, version }
  }
  const already =
    as === 'confirm' ? table.state(row) === 'sent' : reason !== null && isSame(table, row, set, reason)
  return already ? { id, marked: true, version: row.version } : { id, marked: false }
}

function assignmentsOf({ mapping }: SimTable, { as, stateBefore }: MarkRequest): MappingAssignments {
  if (as !== 'release') return mapping.resend[as]
  const rule = mapping.resend.release.find(({ from }) => from.includes(stateBefore))
  if (rule) return rule.set
  throw new RedriveError('state-forbids', 'never', { state: stateBefore })
}

/** The row holds what the mark would write; the time of the write is another one at each try. */
function isSame(table: SimTable, row: SimRow, set: MappingAssignments, reason: string): boolean {
  return Object.entries(table.assigned(row, set, { reason })).every(
    ([column, cell]) => isTime(set[column]) || (row.columns[column] ?? null) === cell,
  )
}

function isTime(value: MappingAssignments[string] | undefined): boolean {
  if (typeof value !== 'object' || value === null || !('is' in value)) return false
  return value.is === 'now' || value.is === 'delay'
}

function delayOf({ id, delaySec }: MarkRequest): number {
  if (delaySec !== undefined && Number.isFinite(delaySec) && delaySec >= 0) return delaySec
  throw new RedriveError('internal', 'never', { reason: `the retry of ${id} does not say when` })
}

function resolve(table: SimTable, by: string, { id, version, token }: ResolveRequest): ResolveResult {
  const row = table.row(id)
  if (!row) return { id, applied: false }
  const { resolve: set } = table.mapping
  if (row.version === version && table.isActionable(row)) {
    const before = JSON.stringify(
      Object.keys(set).map((column) => [column, toText(row.columns[column] ?? null)]),
    )
    const after = table.assign(row, set, { token }, { by, action: 'resolve' })
    return { id, applied: true, version: after.version, before }
  }
  const again = table.state(row) === 'discarded' && row.columns[table.mapping.tokenColumn] === token
  return again ? { id, applied: true, version: row.version, before: 'null' } : { id, applied: false }
}

function undo(table: SimTable, by: string, { id, version, before }: UndoRequest): MarkResult {
  const row = table.row(id)
  if (!row || before === 'null') return { id, marked: false }
  const image = Object.fromEntries(
    (JSON.parse(before) as [string, string | number | null][]).map(([column, cell]) => [
      column,
      fromText(cell),
    ]),
  )
  if (row.version === version && table.state(row) === 'discarded') {
    return { id, marked: true, version: table.write(row, image, { by, action: 'undo' }).version }
  }
  return holds(row, image) ? { id, marked: true, version: row.version } : { id, marked: false }
}

function holds(row: SimRow, image: Columns): boolean {
  return Object.entries(image).every(([column, cell]) => (row.columns[column] ?? null) === cell)
}

/** JSON has no infinity. */
function toText(cell: string | number | null): string | number | null {
  return cell === Infinity ? 'infinity' : cell
}

function fromText(cell: string | number | null): string | number | null {
  return cell === 'infinity' ? Infinity : cell
}
