import { canonical, sha256 } from '../digest.ts'
import type { Json } from '../digest.ts'
import type { ActionProfile, ColumnForm, Mapping } from './mapping.ts'
import { comparisons } from './values.ts'
import type { Field, Literal, MappingAssignments, MappingPredicate, Value } from './values.ts'

export function mappingDigest(mapping: Mapping): string {
  return sha256(canonical(mapping as unknown as Json))
}

/** A name that a mapping uses, and where. */
export type Use =
  | { readonly column: string; readonly companion: string | null }
  | { readonly companion: string }
  | { readonly setting: string }
  | { readonly bound: string }

/** Whose columns `column` names: a companion's, or the outbox's own (null). */
type Scope = string | null

/** What a field says as a value. */
export function valueOf(field: Field): Value {
  if (typeof field === 'string') return { column: field }
  return 'text' in field ? field.text : field
}

export function usesOfValue(value: Value, scope: Scope): readonly Use[] {
  if (value === null || typeof value !== 'object') return []
  if ('is' in value) {
    if (value.is === 'now') return seconds(value)
    return value.is === 'infinity' || value.is === 'new-uuid' ? [] : [{ bound: value.is }]
  }
  if ('when' in value) {
    const branches = [value.then, value.otherwise ?? null].flatMap((one) => usesOfValue(one, scope))
    return [...usesOfPredicate(value.when, scope), ...branches]
  }
  if ('column' in value) return [{ column: value.column, companion: scope }]
  if ('row' in value) return [{ column: value.row, companion: null }]
  if ('setting' in value) return [{ setting: value.setting }]
  if ('moment' in value)
    return [{ column: value.moment, companion: scope }, ...usesOfValue(value.plusSec, scope)]
  if ('of' in value) return [{ companion: value.of }, ...usesOfValue(value.value, value.of)]
  if ('count' in value) return [{ companion: value.count }, ...usesWithin(value.count, value.where)]
  return partsOf(value).flatMap((part) => usesOfValue(part, scope))
}

type Composed = Extract<
  Exclude<Value, Literal>,
  | { path: unknown }
  | { concat: unknown }
  | { part: unknown }
  | { lengthOf: unknown }
  | { add: unknown }
  | { subtract: unknown }
  | { multiply: unknown }
  | { log2: unknown }
  | { first: unknown }
  | { nullIf: unknown }
>

function partsOf(value: Composed): readonly Value[] {
  if ('in' in value) return [value.in]
  if ('concat' in value) return value.concat
  if ('lengthOf' in value) return [value.lengthOf]
  if ('add' in value) return value.add
  if ('subtract' in value) return value.subtract
  if ('multiply' in value) return value.multiply
  return 'log2' in value ? [value.log2] : value.first
}

function seconds(value: { readonly plusSec?: unknown; readonly minusSec?: unknown }): readonly Use[] {
  return [value.plusSec, value.minusSec].flatMap((one) =>
    typeof one === 'object' && one !== null ? [{ setting: (one as { setting: string }).setting }] : [],
  )
}

function usesWithin(companion: string, where: MappingPredicate | undefined): readonly Use[] {
  return where === undefined ? [] : usesOfPredicate(where, companion)
}

export function usesOfPredicate(of: MappingPredicate, scope: Scope): readonly Use[] {
  if ('all' in of) return of.all.flatMap((part) => usesOfPredicate(part, scope))
  if ('any' in of) return of.any.flatMap((part) => usesOfPredicate(part, scope))
  if ('not' in of) return usesOfPredicate(of.not, scope)
  if ('exists' in of) return [{ companion: of.exists }, ...usesWithin(of.exists, of.where)]
  const left: readonly Use[] =
    'columns' in of
      ? of.columns.map((column) => ({ column, companion: scope }))
      : 'column' in of
        ? [{ column: of.column, companion: scope }]
        : usesOfValue(of.value, scope)
  return [...left, ...rightsOf(of).flatMap((right) => usesOfValue(right, scope))]
}

function rightsOf(of: object): readonly Value[] {
  return Object.entries(of).flatMap(([name, right]) =>
    (comparisons as readonly string[]).includes(name)
      ? Array.isArray(right)
        ? (right as Value[])
        : [right as Value]
      : [],
  )
}

export function usesOfAssignments(set: MappingAssignments): readonly Use[] {
  return Object.entries(set).flatMap(([column, value]) => [
    { column, companion: null },
    ...usesOfValue(value, null),
  ])
}

/** The column into which an action writes the token of its decision; null: a row does not say whose decision it was. */
export function tokenColumnIn(set: MappingAssignments): string | null {
  const found = Object.entries(set).find(
    ([, value]) => typeof value === 'object' && value !== null && 'is' in value && value.is === 'token',
  )
  return found?.[0] ?? null
}

export function keyColumns({ key }: Mapping): readonly string[] {
  if (typeof key === 'string') return [key]
  return 'none' in key ? key.none : key
}

/** Fields of a row, as they are shown. */
function fieldsOf(mapping: Mapping): readonly (Field | undefined)[] {
  const { chain, destination, payload, headers, attempts, lease, relay } = mapping
  return [
    mapping.messageId,
    mapping.type,
    ...(chain === undefined ? [] : [chain.key, chain.sequence, chain.previousId]),
    ...(destination === undefined
      ? []
      : [destination.exchange, destination.routingKey, destination.partitionKey]),
    payload?.value,
    ...(headers === undefined ? [] : 'value' in headers ? [headers.value] : [headers.names, headers.values]),
    attempts?.value,
    typeof attempts?.limit === 'number' ? undefined : attempts?.limit,
    mapping.lastError,
    lease?.holder,
    lease?.until,
    ...(relay.headOfLine?.unit ?? []),
  ]
}

function checkFields({ halfMessages }: Mapping): readonly Field[] {
  return halfMessages?.checks === undefined ? [] : [halfMessages.checks.value]
}

function profileUses(profile: ActionProfile | undefined): readonly Use[] {
  if (profile === undefined) return []
  const { guard, set, never } = profile
  return [
    ...(guard === undefined ? [] : usesOfPredicate(guard, null)),
    ...usesOfAssignments(set ?? {}),
    ...(never ?? []).map((column) => ({ column, companion: null })),
  ]
}

/** Every set of assignments with its place in the mapping. */
export function assignmentsOf(mapping: Mapping): readonly (readonly [string, MappingAssignments])[] {
  const { resend, retry, resolve, halfMessages } = mapping
  const { commit, rollback, checks } = halfMessages ?? {}
  const own =
    resend === undefined
      ? []
      : ([
          ['resend.claim', resend.claim],
          ['resend.confirm', resend.confirm],
          ['resend.fail', resend.fail],
          ['resend.retry', resend.retry],
          ...resend.release.map((rule, index) => [`resend.release[${index}].set`, rule.set] as const),
        ] as const)
  return [
    ...own,
    ...(retry?.set === undefined ? [] : [['retry.set', retry.set] as const]),
    ...(resolve?.set === undefined ? [] : [['resolve.set', resolve.set] as const]),
    ...(commit?.set === undefined ? [] : [['halfMessages.commit.set', commit.set] as const]),
    ...(rollback?.set === undefined ? [] : [['halfMessages.rollback.set', rollback.set] as const]),
    ...(checks === undefined ? [] : [['halfMessages.checks.set', checks.set] as const]),
  ]
}

/** Everything that a mapping names. */
export function usesOf(mapping: Mapping): readonly Use[] {
  const { lease, evidence, resend, companions } = mapping
  const conditions = [
    ...mapping.states.map((rule) => rule.when),
    mapping.open,
    mapping.scope,
    mapping.deleted,
    lease?.held,
  ].flatMap((one) => (one === undefined ? [] : usesOfPredicate(one, null)))
  return [
    ...keyColumns(mapping).map((column) => ({ column, companion: null })),
    ...Object.values(mapping.times).flatMap((time) =>
      typeof time === 'string'
        ? [{ column: time, companion: null }]
        : [{ column: time.column, companion: null }, ...usesOfPredicate(time.when, null)],
    ),
    ...Object.values(mapping.columns ?? {}).flatMap(zoneUses),
    ...Object.values(companions ?? {}).flatMap(({ columns }) =>
      Object.values(columns ?? {}).flatMap(zoneUses),
    ),
    ...[...fieldsOf(mapping), ...checkFields(mapping)].flatMap((field) =>
      field === undefined ? [] : usesOfValue(valueOf(field), null),
    ),
    ...(mapping.payload?.messages === undefined ? [] : usesOfValue(mapping.payload.messages, null)),
    ...conditions,
    ...(resend === undefined ? [] : [{ column: resend.tokenColumn, companion: null }]),
    ...assignmentsOf(mapping).flatMap(([, set]) => usesOfAssignments(set)),
    ...profileUses(mapping.retry),
    ...profileUses(mapping.resolve),
    ...profileUses(mapping.halfMessages?.commit),
    ...profileUses(mapping.halfMessages?.rollback),
    ...(evidence?.companion === undefined
      ? []
      : [
          { companion: evidence.companion },
          ...usesWithin(evidence.companion, evidence.processed),
          ...(evidence.processedAt === undefined
            ? []
            : [{ column: evidence.processedAt, companion: evidence.companion }]),
        ]),
    ...Object.entries(companions ?? {}).flatMap(([name, { on, columns }]) => [
      ...usesOfPredicate(on, name),
      ...Object.keys(columns ?? {}).map((column) => ({ column, companion: name })),
    ]),
    ...Object.keys(mapping.columns ?? {}).map((column) => ({ column, companion: null })),
  ]
}

function zoneUses(form: ColumnForm): readonly Use[] {
  return 'time' in form && typeof form.zone === 'object' ? [{ setting: form.zone.setting }] : []
}

/** Every column that the table itself must have for this mapping; with a companion's name, every one of that. */
export function mappingColumns(mapping: Mapping, companion: string | null = null): string[] {
  const uses = usesOf(mapping)
  return [
    ...new Set(uses.flatMap((use) => ('column' in use && use.companion === companion ? [use.column] : []))),
  ]
}

/** Columns of the row itself that a condition looks at. */
export function predicateColumns(predicate: MappingPredicate): string[] {
  return usesOfPredicate(predicate, null).flatMap((use) =>
    'column' in use && use.companion === null ? [use.column] : [],
  )
}
