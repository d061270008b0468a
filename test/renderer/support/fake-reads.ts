import type {
  Message,
  MessageDetail,
  MessageFilter,
  MessageGroups,
  MessageList,
  Scope,
} from '../../../src-preload/contract/messages.ts'
import type { SourceOverview, TroubleCount } from '../../../src-preload/contract/overview.ts'
import { without } from '../../../src-renderer/ui/without.ts'
import { iso, note, refuse, sourceOf, troubleOf, type FakeSource, type World } from './fake-world.ts'
import type { FakeMessage } from './fake-message.ts'

const fitting =
  (world: World, source: FakeSource, filter: MessageFilter) =>
  (message: FakeMessage): boolean => {
    const { states, type, error, chainKey, exchange, messageId, ageSecMin, ageSecMax, trouble } = filter
    const { payload, header } = filter
    const ageMs = world.now() - Date.parse(message.createdAt)
    return (
      (trouble === undefined || troubleOf(source, world.now(), message) === trouble) &&
      (states === undefined || states.includes(message.state)) &&
      (type === undefined || message.type === type) &&
      (error === undefined || (message.lastError ?? '').toLowerCase().includes(error.toLowerCase())) &&
      (chainKey === undefined || message.chain?.key === chainKey) &&
      (exchange === undefined || message.destination.exchange === exchange) &&
      (messageId === undefined || message.messageId === messageId) &&
      (payload === undefined || message.payload.toLowerCase().includes(payload.toLowerCase())) &&
      (header === undefined || (message.headers ?? '').includes(`"${header.name}"`)) &&
      (ageSecMin === undefined || ageMs >= ageSecMin * 1_000) &&
      (ageSecMax === undefined || ageMs < ageSecMax * 1_000)
    )
  }

export function selected(world: World, source: FakeSource, filter: MessageFilter): FakeMessage[] {
  return source.messages.filter(fitting(world, source, filter))
}

function scopeOf(world: World, scannedToId: string | null): Scope {
  return world.switches.partial ? { complete: false, reason: 'time-budget', scannedToId } : { complete: true }
}

function shown(world: World, source: FakeSource, message: FakeMessage): Message {
  const row = without(
    message,
    'payload',
    'headers',
    'masked',
    'stored',
    'deeds',
    'notes',
    'assignment',
    'heldBy',
    'undo',
  )
  return { ...row, trouble: troubleOf(source, world.now(), message) }
}

interface ListInput {
  readonly source: string
  readonly filter: MessageFilter
  readonly order: 'newest' | 'oldest'
  readonly cursor: string | null
  readonly limit: number
}

function at(
  messages: readonly FakeMessage[],
  order: ListInput['order'],
  index: number,
): FakeMessage | undefined {
  return messages[order === 'oldest' ? index : messages.length - 1 - index]
}

/** A cursor is a place in the table, as the real ones are: rows that came in since do not move it. */
function placeAfter(messages: readonly FakeMessage[], { cursor, order }: ListInput): number {
  if (cursor === null) return 0
  const passed = messages.filter(({ id }) =>
    order === 'oldest' ? Number(id) <= Number(cursor) : Number(id) >= Number(cursor),
  )
  return passed.length
}

export function listMessages(world: World, input: ListInput): MessageList {
  const source = sourceOf(world, input.source)
  const fits = fitting(world, source, input.filter)
  const count = source.messages.length
  const page: Message[] = []
  // A query that ends at its budget brings half a page.
  const limit = world.switches.partial ? Math.ceil(input.limit / 2) : input.limit
  const searches = input.filter.payload !== undefined || input.filter.header !== undefined
  let index = placeAfter(source.messages, input)
  // A search passes so many rows in one look.
  const end = searches ? Math.min(count, index + world.switches.searchRows) : count
  for (; index < end && page.length < limit; index += 1) {
    const message = at(source.messages, input.order, index)
    if (message !== undefined && fits(message)) page.push(shown(world, source, message))
  }
  return {
    messages: page,
    nextCursor: index < count ? (at(source.messages, input.order, index - 1)?.id ?? null) : null,
    scope:
      searches && index < count
        ? { complete: false, reason: 'row-limit', scannedToId: null }
        : scopeOf(world, page.at(-1)?.id ?? null),
    ...(searches ? { looked: { rows: index, ofAbout: count } } : {}),
    asOf: iso(world.now()),
  }
}

export function groupMessages(
  world: World,
  input: { source: string; filter: MessageFilter; by: 'type' | 'error' | 'destination' },
): MessageGroups {
  const source = sourceOf(world, input.source)
  const groups = new Map<string, { count: number; oldestCreatedAt: string }>()
  for (const message of selected(world, source, input.filter)) {
    const { exchange, routingKey } = message.destination
    const key = {
      type: message.type ?? '',
      error: message.lastError ?? '',
      destination: `${exchange}/${routingKey}`,
    }[input.by]
    const group = groups.get(key) ?? { count: 0, oldestCreatedAt: message.createdAt }
    groups.set(key, { ...group, count: group.count + 1 })
  }
  const sorted = [...groups].sort(([, a], [, b]) => b.count - a.count)
  return {
    groups: sorted.map(([key, group]) => ({ key, ...group })),
    bounded: world.switches.partial,
    scope: scopeOf(world, source.messages.at(-1)?.id ?? null),
    asOf: iso(world.now()),
  }
}

export function messageDetail(world: World, input: { source: string; id: string }): MessageDetail {
  const source = sourceOf(world, input.source)
  const message =
    source.messages.find(({ id }) => id === input.id) ?? refuse('message-not-found', { id: input.id })
  return { ...message, trouble: troubleOf(source, world.now(), message) }
}

export function unmaskMessage(
  world: World,
  input: { source: string; id: string; reason: string },
): MessageDetail {
  const message = sourceOf(world, input.source).messages.find(({ id }) => id === input.id)
  const { id, reason } = input
  note(world, { action: 'payload-unmasked', source: input.source, detail: { what: 'message', id, reason } })
  const detail = messageDetail(world, input)
  return { ...detail, payload: message?.stored ?? detail.payload, masked: null }
}

export function sourceOverview(world: World, name: string): SourceOverview {
  const source = sourceOf(world, name)
  const error = world.switches.fail[`overview.error ${name}`] ?? null
  const count = (trouble: 'stuck' | 'failed'): TroubleCount => {
    const found = selected(world, source, { trouble })
    return {
      trouble,
      count: Math.min(found.length, world.switches.countMax),
      bounded: found.length > world.switches.countMax,
      oldestCreatedAt: found[0]?.createdAt ?? null,
      scope: scopeOf(world, found.at(-1)?.id ?? null),
    }
  }
  return {
    source: name,
    environment: source.connection.environment,
    asOf: iso(world.now()),
    troubles: error === null ? [count('stuck'), count('failed')] : null,
    unsettled: unsettledOf(world, name),
    error,
  }
}

export function unsettledOf(world: World, source: string): number {
  return [...world.jobs.values()]
    .filter(({ job }) => job.source === source)
    .reduce((sum, { job }) => sum + job.tally.unsettled, 0)
}
