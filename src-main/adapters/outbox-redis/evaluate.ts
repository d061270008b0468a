import { RedriveError } from '../../domain/errors.ts'
import type { Mapping } from '../../domain/mapping/mapping.ts'
import type { Field, MappingPredicate, Value } from '../../domain/mapping/values.ts'
import { valueOf } from '../../domain/mapping/walk.ts'
import { say } from '../../domain/text.ts'

/** A message as the fields that it has, each with its text. */
export type Fields = ReadonlyMap<string, string | null>

export interface Scope {
  readonly mapping: Mapping
  readonly fields: Fields
  readonly nowMs: number
}

type Cell = string | number | null
type Truth = boolean | null

/** What a field says of a message; null where it does not have it. Throws `mapping-invalid` for what only SQL can say. */
export function textAt(field: Field | undefined, scope: Scope): string | null {
  if (field === undefined) return null
  const cell = evaluate(valueOf(field), scope)
  return cell === null ? null : String(cell)
}

function evaluate(value: Value, scope: Scope): Cell {
  if (value === null || typeof value === 'string' || typeof value === 'number') return value
  if (typeof value === 'boolean') return value ? '1' : '0'
  if ('column' in value) {
    const cell = scope.fields.get(value.column) ?? null
    return cell === null || value.plus === undefined ? cell : Number(cell) + value.plus
  }
  if ('setting' in value) return scope.mapping.settings?.[value.setting] ?? null
  return evaluateComposed(value, scope)
}

type Composed = Exclude<
  Value,
  string | number | boolean | null | { readonly column: string } | { readonly setting: string }
>

function evaluateComposed(value: Composed, scope: Scope): Cell {
  if ('concat' in value) {
    const parts = value.concat.map((one) => evaluate(one, scope))
    return parts.includes(null) ? null : parts.join('')
  }
  if ('path' in value) return atPath(evaluate(value.in, scope), value.path)
  if ('part' in value) {
    const parts = String(evaluate(value.in, scope) ?? '').split(value.by)
    return parts.at(value.part > 0 ? value.part - 1 : value.part) || null
  }
  if ('first' in value)
    return value.first.map((one) => evaluate(one, scope)).find((one) => one !== null) ?? null
  if ('nullIf' in value) {
    const cell = evaluate(value.in, scope)
    return cell === String(value.nullIf) ? null : cell
  }
  throw unfit(Object.keys(value)[0] ?? 'value')
}

function atPath(text: Cell, path: readonly (string | number)[]): Cell {
  try {
    const found = path.reduce<unknown>(
      (of, step) =>
        typeof of === 'object' && of !== null ? (of as Record<string, unknown>)[step] : undefined,
      JSON.parse(String(text)),
    )
    if (found === undefined || found === null) return null
    return typeof found === 'string' || typeof found === 'number' ? found : JSON.stringify(found)
  } catch {
    return null
  }
}

/** A condition with three values, as everywhere in a mapping. */
export function holds(of: MappingPredicate, scope: Scope): Truth {
  if ('all' in of) return every(of.all.map((one) => holds(one, scope)))
  if ('any' in of) return negated(every(of.any.map((one) => negated(holds(one, scope)))))
  if ('not' in of) return negated(holds(of.not, scope))
  if ('exists' in of || 'columns' in of) throw unfit('exists' in of ? 'exists' : 'columns')
  return holdsOfOne(of, scope)
}

type OfOne = Extract<MappingPredicate, { readonly column: string } | { readonly value: Value }>

function holdsOfOne(of: OfOne, scope: Scope): Truth {
  const left = leftOf(of, scope)
  if ('isNull' in of) return (left === null) === of.isNull
  if ('in' in of) return left === null ? null : of.in.some((one) => String(one) === String(left))
  const [name, right] = sideOf(of)
  if (name === 'equals' && right === null) return left === null
  return compare(name, left, rightOf(right, scope))
}

function leftOf(of: OfOne, scope: Scope): Cell {
  if (!('column' in of)) return evaluate(of.value, scope)
  return isTime(scope.mapping, of.column) ? timeAt(of.column, scope) : evaluate({ column: of.column }, scope)
}

function sideOf(of: object): readonly [string, Value] {
  const found = Object.entries(of).find(([name]) => name !== 'column' && name !== 'value')
  return (found ?? ['equals', null]) as [string, Value]
}

function rightOf(value: Value, scope: Scope): Cell {
  if (typeof value !== 'object' || value === null || !('is' in value)) return evaluate(value, scope)
  if (value.is === 'infinity') return INFINITE_MS
  if (value.is !== 'now') throw unfit(value.is)
  const seconds = (of: typeof value.plusSec): number =>
    of === undefined ? 0 : Number(typeof of === 'number' ? of : scope.mapping.settings?.[of.setting])
  return scope.nowMs + (seconds(value.plusSec) - seconds(value.minusSec)) * 1_000
}

function compare(name: string, left: Cell, right: Cell): Truth {
  if (left === null || right === null) return null
  const numbers = typeof left === 'number' || typeof right === 'number'
  const [a, b] = numbers ? [Number(left), Number(right)] : [String(left), String(right)]
  if (Number.isNaN(a) || Number.isNaN(b)) return null
  switch (name) {
    case 'equals':
      return a === b
    case 'above':
      return a > b
    case 'atLeast':
      return a >= b
    case 'below':
      return a < b
    default:
      return a <= b
  }
}

function every(truths: readonly Truth[]): Truth {
  if (truths.includes(false)) return false
  return truths.includes(null) ? null : true
}

function negated(truth: Truth): Truth {
  return truth === null ? null : !truth
}

/** 31 December 9999: never. */
const INFINITE_MS = Date.UTC(9999, 11, 31, 23, 59, 59)
/** Columns that Redrive makes, with the forms that their times have unless the mapping says otherwise. */
const OWN_TIMES: Readonly<Record<string, 'epoch-ms' | 'epoch-s'>> = {
  '@time': 'epoch-ms',
  '@score': 'epoch-ms',
}

function isTime({ columns }: Mapping, column: string): boolean {
  const form = columns?.[column]
  return (form !== undefined && 'time' in form) || column in OWN_TIMES
}

/** Milliseconds since 1970; null where it is no time. */
export function timeAt(column: string, { mapping, fields }: Scope): number | null {
  const text = fields.get(column) ?? null
  if (text === null || text === '') return null
  const form = mapping.columns?.[column]
  if (form !== undefined && 'time' in form && (form.none ?? []).some((one) => String(one) === text))
    return null
  const time = form !== undefined && 'time' in form ? form.time : (OWN_TIMES[column] ?? 'iso')
  const ms =
    time === 'epoch-ms' ? Number(text) : time === 'epoch-s' ? Number(text) * 1_000 : Date.parse(zoned(text))
  return Number.isFinite(ms) ? Math.min(ms, INFINITE_MS) : null
}

/** A text without a zone is UTC: a server of Redis has no other. */
function zoned(text: string): string {
  return /(Z|[-+]\d\d:?\d\d)$/.test(text) ? text : `${text.replace(' ', 'T')}Z`
}

export function unfit(what: string): RedriveError {
  return new RedriveError('mapping-invalid', 'never', {
    at: what,
    problem: say('fault.not-in-redis', { what }),
  })
}
