import type { Mapping } from '../../domain/mapping/mapping.ts'

/** The name of a column as this table spells it; `companion` null: the outbox's own. */
export type Rename = (name: string, companion: string | null) => string

/** Members whose value is the name of a column, in a condition or a value. */
const NAMES = new Set(['column', 'row', 'moment', 'tokenColumn'])
/** Members that lead into another table's row, with what stands beside them. */
const LEADS = ['of', 'count', 'exists'] as const
/** Places of the mapping where a text alone is a column. */
const FIELDS = new Set([
  'messageId',
  'type',
  'lastError',
  'chain.key',
  'chain.sequence',
  'chain.previousId',
  'destination.exchange',
  'destination.routingKey',
  'destination.partitionKey',
  'payload.value',
  'headers.value',
  'headers.names',
  'headers.values',
  'attempts.value',
  'attempts.limit',
  'evidence.processedAt',
  'lease.holder',
  'lease.until',
  'times.created',
  'times.updated',
  'times.sent',
  'times.failed',
  'times.nextAttempt',
  'times.expires',
  'times.purge',
  'key',
])
/** Places where a list of texts is one of columns. */
const LISTS = new Set(['key', 'key.none', 'retry.never', 'resolve.never', 'relay.headOfLine.unit'])
/** Places whose members are named like columns. */
const SETS = /^(columns|retry\.set|resolve\.set|resend\.(claim|confirm|fail|retry)|resend\.release\.set)$/

interface Place {
  /** Without the numbers of lists. */
  readonly at: string
  readonly companion: string | null
}

/** The same mapping for a table that spells its columns otherwise. */
export function renamed(mapping: Mapping, rename: Rename): Mapping {
  return renamedNode(mapping, { at: '', companion: null }, rename) as Mapping
}

function renamedNode(node: unknown, place: Place, rename: Rename): unknown {
  const { at, companion } = place
  if (typeof node === 'string') return FIELDS.has(at) ? rename(node, companion) : node
  if (Array.isArray(node)) {
    const names = LISTS.has(at) || at.endsWith('.columns')
    return node.map((one: unknown) =>
      names && typeof one === 'string' ? rename(one, companion) : renamedNode(one, place, rename),
    )
  }
  if (typeof node !== 'object' || node === null) return node
  const within = inside(node, place)
  return Object.fromEntries(
    Object.entries(node).map(([name, value]: [string, unknown]) => {
      if (NAMES.has(name) && typeof value === 'string' && at !== 'settings')
        // `row` is of the outbox wherever it stands.
        return [name, rename(value, name === 'row' ? null : within.companion)]
      const below = { ...within, at: at === '' ? name : `${at}.${name}` }
      const key = namesColumns(at) ? rename(name, companionAt(at)) : name
      return [key, renamedNode(value, below, rename)]
    }),
  )
}

/** In a companion's row `column` names its columns. */
function inside(node: object, place: Place): Place {
  const companion = companionAt(place.at)
  if (companion !== null && place.companion === null) return { ...place, companion }
  if (place.at === 'evidence' && 'companion' in node && typeof node.companion === 'string')
    return { ...place, companion: node.companion }
  for (const lead of LEADS) {
    const name = (node as Readonly<Record<string, unknown>>)[lead]
    if (typeof name === 'string') return { ...place, companion: name }
  }
  return place
}

const OF_COMPANION = /^companions\.([^.]+)(\.|$)/

function companionAt(at: string): string | null {
  return OF_COMPANION.exec(at)?.[1] ?? null
}

function namesColumns(at: string): boolean {
  return SETS.test(at) || /^companions\.[^.]+\.columns$/.test(at)
}
