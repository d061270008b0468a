import type { Environment } from '../../src-preload/contract/base.ts'
import type { MessageFilter } from '../../src-preload/contract/messages.ts'
import { environments, messageStates, troubles } from '../../src-preload/contract/terms.ts'

/**
 * The query line: `trouble:failed type:OrderPaid error:"timeout after" age:>1h`, `age:<2h` since a deploy, and
 * `payload:"text"` or `header:name=text` for what is inside of messages. Each qualifier narrows; one that
 * is not understood narrows nothing, so it is named and the search does not run until it is mended.
 */
export interface Query {
  readonly filter: MessageFilter
  /** Null: it says nothing of where to look, which is in the source of the bar then. */
  readonly scope: QueryScope | null
  readonly unknown: readonly QueryPart[]
  readonly parts: readonly QueryPart[]
}
/** Where to look: `source:*`, `source:shop,payroll`, `env:production`; both together mean what is in both. */
export interface QueryScope {
  readonly sources?: readonly string[] | '*'
  readonly environment?: Environment
}
export interface QueryPart {
  readonly text: string
  /** Position in the line, in UTF-16 units. */
  readonly start: number
  readonly understood: boolean
}

/** A word, with a quoted value where it has spaces; a quote inside is written \". */
const PART = /(?:[^\s"]|"(?:\\.|[^"\\])*(?:"|$))+/g
const UNITS_SEC: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 }
const ENVIRONMENT_SHORT: Readonly<Record<Environment, string>> = {
  development: 'dev',
  staging: 'stage',
  production: 'prod',
}
const SEARCH_CHARS_MAX = 200
const AGE_SEC_MAX = 10 * 365 * 86_400

type Loose<T> = { -readonly [K in keyof T]: T[K] }
type Draft = Loose<MessageFilter> & { scope: Loose<QueryScope> }
type Take = (draft: Draft, value: string) => boolean

/** Takes the value into the filter once; false: not a value of this qualifier, or said twice. */
const qualifiers = {
  trouble: (draft, value) => {
    const known = troubles.find((one) => one === value)
    return known !== undefined && draft.trouble === undefined && ((draft.trouble = known), true)
  },
  state: (draft, value) => {
    const said = value.split(',')
    const states = said.flatMap((one) => messageStates.find((state) => state === one) ?? [])
    if (states.length !== said.length || draft.states !== undefined) return false
    if (new Set(states).size !== states.length) return false
    return ((draft.states = states), true)
  },
  type: text('type', 200),
  error: text('error', 200),
  chain: text('chainKey', 400),
  exchange: text('exchange', 255),
  id: text('messageId', 400),
  payload: text('payload', SEARCH_CHARS_MAX),
  header: (draft, value) => {
    const [, name = '', wanted] = /^([^=]+)(?:=([^]+))?$/.exec(value) ?? []
    if (name === '' || name.length > SEARCH_CHARS_MAX || (wanted?.length ?? 0) > SEARCH_CHARS_MAX)
      return false
    if (draft.header !== undefined) return false
    return ((draft.header = wanted === undefined ? { name } : { name, value: wanted }), true)
  },
  age: (draft, value) => {
    const [, bound, count, unit] = /^([<>])(\d{1,10})([smhd])$/.exec(value) ?? []
    const seconds = Number(count) * (UNITS_SEC[unit ?? ''] ?? Number.NaN)
    const field = bound === '<' ? 'ageSecMax' : 'ageSecMin'
    if (!(seconds <= AGE_SEC_MAX) || draft[field] !== undefined) return false
    return ((draft[field] = seconds), true)
  },
  source: ({ scope }, value) => {
    if (value === '' || scope.sources !== undefined) return false
    const names = value.split(',')
    if (names.includes('') || new Set(names).size !== names.length) return false
    return ((scope.sources = value === '*' ? '*' : names), true)
  },
  env: ({ scope }, value) => {
    const known = environments.find((one) => one === value || ENVIRONMENT_SHORT[one] === value)
    if (known === undefined || scope.environment !== undefined) return false
    return ((scope.environment = known), true)
  },
} satisfies Readonly<Record<string, Take>>
export type Qualifier = keyof typeof qualifiers
export const qualifierNames = Object.keys(qualifiers).filter(isQualifier)

export function isQualifier(name: string): name is Qualifier {
  return Object.hasOwn(qualifiers, name)
}

function text(
  field: 'type' | 'error' | 'chainKey' | 'exchange' | 'messageId' | 'payload',
  charsMax: number,
): Take {
  return (draft, value) => {
    if (value === '' || value.length > charsMax || draft[field] !== undefined) return false
    return ((draft[field] = value), true)
  }
}

export function parseQuery(line: string): Query {
  const draft: Draft = { scope: {} }
  const parts = [...line.matchAll(PART)].map((match): QueryPart => {
    const [, name = '', raw = ''] = /^([a-z]+):([^]*)$/.exec(match[0]) ?? []
    const value = unquoted(raw)
    const take = isQualifier(name) ? qualifiers[name] : undefined
    const understood = take !== undefined && value !== null && take(draft, value)
    return { text: match[0], start: match.index, understood }
  })
  const { scope, ...filter } = draft
  const said = Object.keys(scope).length > 0
  return { filter, scope: said ? scope : null, parts, unknown: parts.filter((part) => !part.understood) }
}

/** The line that `parseQuery` reads as this filter, in this scope. */
export function printQuery(filter: MessageFilter, scope: QueryScope | null = null): string {
  const parts = [
    ['env', scope?.environment],
    ['source', scope?.sources === '*' ? '*' : scope?.sources?.join(',')],
    ['trouble', filter.trouble],
    ['state', filter.states?.join(',')],
    ['type', filter.type],
    ['error', filter.error],
    ['chain', filter.chainKey],
    ['exchange', filter.exchange],
    ['id', filter.messageId],
    ['payload', filter.payload],
    ['header', printHeader(filter.header)],
    ['age', filter.ageSecMin === undefined ? undefined : `>${printAge(filter.ageSecMin)}`],
    ['age', filter.ageSecMax === undefined ? undefined : `<${printAge(filter.ageSecMax)}`],
  ] as const
  return parts.flatMap(([name, value]) => (value === undefined ? [] : [`${name}:${quoted(value)}`])).join(' ')
}

function printHeader(header: MessageFilter['header']): string | undefined {
  if (header === undefined) return undefined
  return header.value === undefined ? header.name : `${header.name}=${header.value}`
}

/** It looks inside of messages: a search through the table, which takes its time. */
export function seeksContent({ payload, header }: MessageFilter): boolean {
  return payload !== undefined || header !== undefined
}

function printAge(seconds: number): string {
  const unit =
    (['d', 'h', 'm'] as const).find((name) => seconds > 0 && seconds % (UNITS_SEC[name] ?? 1) === 0) ?? 's'
  return `${seconds / (UNITS_SEC[unit] ?? 1)}${unit}`
}

export function quoted(value: string): string {
  return /[\s"\\]/.test(value) ? `"${value.replace(/["\\]/g, '\\$&')}"` : value
}

/** Null: a quote that does not end, or that stands inside a word. */
function unquoted(raw: string): string | null {
  if (!raw.startsWith('"')) return raw.includes('"') ? null : raw
  const match = /^"((?:\\.|[^"\\])*)"$/s.exec(raw)
  return match?.[1]?.replace(/\\(.)/gs, '$1') ?? null
}
