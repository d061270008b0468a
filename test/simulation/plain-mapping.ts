import type { Mapping, ResendProfile } from '../../src-main/domain/mapping/mapping.ts'
import type {
  Field,
  MappingAssignments,
  MappingPredicate,
  Value,
} from '../../src-main/domain/mapping/values.ts'

/** What the simulated table understands of the language: columns, and the conditions of the reference layout. */
export type PlainValue = Extract<Value, string | number | boolean | null> | PlainObject
type PlainObject =
  | { readonly is: 'now' | 'infinity' | 'token' | 'reason' | 'delay' }
  | { readonly column: string; readonly plus?: number }

export type PlainPredicate =
  | { readonly all: readonly PlainPredicate[] }
  | { readonly any: readonly PlainPredicate[] }
  | { readonly not: PlainPredicate }
  | { readonly column: string; readonly equals: PlainValue }
  | { readonly column: string; readonly in: readonly (string | number | boolean)[] }
  | { readonly column: string; readonly above: PlainValue }
  | { readonly column: string; readonly isNull: boolean }

export type PlainAssignments = Readonly<Record<string, PlainValue>>

/** A mapping of which every field is a column. */
export interface PlainMapping {
  readonly whole: Mapping
  readonly key: string
  readonly messageId: string
  readonly type: string
  readonly chain: { readonly key: string; readonly previousId: string }
  readonly destination: { readonly exchange: string; readonly routingKey: string }
  readonly payload: string
  readonly headers: string
  readonly times: { readonly created: string; readonly updated: string; readonly nextAttempt: string }
  readonly attempts: string
  readonly lastError: string
  readonly states: readonly {
    readonly state: Mapping['states'][number]['state']
    readonly when: PlainPredicate
  }[]
  readonly resend: ResendProfile
  readonly resolve: MappingAssignments
  readonly tokenColumn: string
}

/** Throws where the mapping says more than the simulation understands. */
export function plainMapping(mapping: Mapping): PlainMapping {
  const { chain, destination, payload, headers, times, attempts, resend, resolve } = mapping
  if (resend === undefined || resolve?.set === undefined) throw new Error('not a mapping that resends')
  return {
    whole: mapping,
    key: column(typeof mapping.key === 'string' ? mapping.key : undefined),
    messageId: column(mapping.messageId),
    type: column(mapping.type),
    chain: { key: column(chain?.key), previousId: column(chain?.previousId) },
    destination: { exchange: column(destination?.exchange), routingKey: column(destination?.routingKey) },
    payload: column(payload?.value),
    headers: column(headers !== undefined && 'value' in headers ? headers.value : undefined),
    times: {
      created: column(times.created),
      updated: column(times.updated),
      nextAttempt: column(times.nextAttempt),
    },
    attempts: column(attempts?.value),
    lastError: column(mapping.lastError),
    states: mapping.states.map(({ state, when }) => ({ state, when: plainPredicate(when) })),
    resend,
    resolve: resolve.set,
    tokenColumn: resend.tokenColumn,
  }
}

function column(field: Field | undefined): string {
  if (typeof field === 'string') return field
  throw new Error(`not a column: ${JSON.stringify(field)}`)
}

function plainPredicate(of: MappingPredicate): PlainPredicate {
  if ('all' in of) return { all: of.all.map(plainPredicate) }
  if ('any' in of) return { any: of.any.map(plainPredicate) }
  if ('not' in of) return { not: plainPredicate(of.not) }
  if (!('column' in of)) throw new Error(`not a plain condition: ${JSON.stringify(of)}`)
  if ('equals' in of) return { column: of.column, equals: plainValue(of.equals) }
  if ('above' in of) return { column: of.column, above: plainValue(of.above) }
  if ('in' in of || 'isNull' in of) return of
  throw new Error(`not a plain condition: ${JSON.stringify(of)}`)
}

export function plainValue(value: Value): PlainValue {
  if (value === null || typeof value !== 'object' || 'column' in value) return value
  if ('is' in value && !('plusSec' in value) && !('minusSec' in value)) {
    const { is } = value
    if (is !== 'new-uuid') return { is }
  }
  throw new Error(`not a plain value: ${JSON.stringify(value)}`)
}
