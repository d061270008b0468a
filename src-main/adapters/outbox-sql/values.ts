import { RedriveError } from '../../domain/errors.ts'
import { say } from '../../domain/text.ts'
import type { Literal, Seconds, Value } from '../../domain/mapping/values.ts'
import { clockOf, columnTarget, companionFrame, companionOf, settingOf, withoutNone } from './frame.ts'
import type { ColumnTarget, Frame } from './frame.ts'
import { sourceOfCompanion } from './lookups.ts'

/** What a value is compared with or assigned to; it decides how a literal or the current time is written. */
export type Target =
  { readonly kind: 'column'; readonly of: ColumnTarget } | { readonly kind: 'text' | 'number' | 'instant' }

/** The form in which a value comes out. */
export function targetOf(value: Value, frame: Frame): Target {
  if (value === null || typeof value !== 'object')
    return { kind: typeof value === 'number' ? 'number' : 'text' }
  if ('column' in value) return { kind: 'column', of: columnTarget(frame, value.column) }
  if ('row' in value) return { kind: 'column', of: columnTarget(frame, value.row, true) }
  if ('setting' in value) return targetOf(settingOf(frame.world, value.setting), frame)
  if ('of' in value) return targetOf(value.value, companionFrame(frame, value.of))
  if ('first' in value) return targetOf(value.first[0] ?? null, frame)
  return targetOfComputed(value, frame)
}

function targetOfComputed(
  value: Exclude<Value, Literal | { readonly column: string } | { readonly row: string }>,
  frame: Frame,
): Target {
  if ('when' in value) return targetOf(value.then, frame)
  if ('nullIf' in value) return targetOf(value.in, frame)
  if ('is' in value) return { kind: value.is === 'new-uuid' ? 'text' : 'instant' }
  if ('moment' in value) return { kind: 'instant' }
  return { kind: 'path' in value || 'concat' in value || 'part' in value ? 'text' : 'number' }
}

/** A value as SQL, written so that it can be compared with, or assigned to, the target. */
export function compileValue(value: Value, target: Target, frame: Frame): string {
  if (value === null) return 'null'
  if (typeof value !== 'object') return compileLiteral(value, target, frame)
  if ('is' in value) {
    if (value.is === 'now') return compileNow(nowSeconds(value, frame), target, frame)
    if (value.is === 'infinity') return frame.world.dialect.infinity()
    if (value.is === 'new-uuid') return frame.world.dialect.newUuid()
    const bound = frame.bind(value.is)
    return value.is === 'delay' ? compileNow(bound, target, frame) : bound
  }
  if ('setting' in value) return compileLiteral(settingOf(frame.world, value.setting), target, frame)
  const sql = compileExpression(value, frame)
  return alike(sql, targetOf(value, frame), target, frame)
}

function compileLiteral(literal: Exclude<Literal, null>, target: Target, frame: Frame): string {
  const { dialect } = frame.world
  const { params } = frame
  if (target.kind === 'column') {
    const { form, use, type } = target.of
    const typed = (text: string): string => dialect.columnParam(params.add(text, use), type)
    if (typeof literal !== 'boolean') return typed(String(literal))
    if (form !== null && 'truth' in form) return typed(String(form.truth[literal ? 0 : 1]))
    return typed(dialect.truth(literal))
  }
  if (target.kind === 'number') return dialect.numberParam(params.add(String(literal), 'number'))
  const text = dialect.textParam(params.add(String(literal), 'text'))
  return target.kind === 'text' ? text : dialect.instant(text, { form: 'iso', zone: null })
}

function nowSeconds(
  value: { readonly plusSec?: Seconds; readonly minusSec?: Seconds },
  frame: Frame,
): string | null {
  const { plusSec, minusSec } = value
  if (plusSec === undefined && minusSec === undefined) return null
  const number = (of: Seconds | undefined): number =>
    of === undefined ? 0 : Number(typeof of === 'number' ? of : settingOf(frame.world, of.setting))
  const seconds = number(plusSec) - number(minusSec)
  if (!Number.isFinite(seconds)) {
    throw new RedriveError('mapping-invalid', 'never', {
      at: 'settings',
      problem: say('fault.seconds'),
    })
  }
  return secondsParam(seconds, frame)
}

/** A constant number of seconds as an expression. */
export function secondsParam(seconds: number, { world, params }: Frame): string {
  const placeholder = params.add(String(seconds), 'seconds')
  return world.dialect.name === 'postgres' ? `${placeholder}::float8` : world.dialect.numberParam(placeholder)
}

/** The server's clock, and `seconds` later, as the target has its times. */
export function compileNow(seconds: string | null, target: Target, frame: Frame): string {
  const clock =
    target.kind === 'column' ? clockOf(target.of, frame) : ({ form: 'instant', zone: null } as const)
  return frame.world.dialect.now(clock, seconds, target.kind === 'column' ? target.of.type : null)
}

type Expression = Exclude<Value, Literal | { readonly is: unknown } | { readonly setting: unknown }>

/** What comes out in the form that `targetOf` says. */
function compileExpression(value: Expression, frame: Frame): string {
  const { dialect } = frame.world
  if ('column' in value || 'row' in value) return compileColumn(value, frame)
  if ('moment' in value) {
    const moment = instantOf(columnTarget(frame, value.moment), frame)
    return dialect.plusSeconds(moment, numberOf(value.plusSec, frame))
  }
  if ('when' in value) return choice(value, frame)
  if ('nullIf' in value) {
    const target = targetOf(value.in, frame)
    return `nullif(${compileOwn(value.in, frame)}, ${compileValue(value.nullIf, target, frame)})`
  }
  if ('path' in value) return dialect.atPath(compileOwn(value.in, frame), value.path, frame.params)
  if ('concat' in value) return dialect.concat(value.concat.map((part) => textOf(part, frame)))
  if ('part' in value) {
    const by = dialect.textParam(frame.params.add(value.by, 'text'))
    return dialect.part(textOf(value.in, frame), by, value.part)
  }
  if ('of' in value) {
    const inner = companionFrame(frame, value.of)
    const from = sourceOfCompanion(companionOf(frame.world, value.of), undefined, inner)
    return `(select ${compileOwn(value.value, inner)} ${from} limit 1)`
  }
  if ('count' in value) {
    const inner = companionFrame(frame, value.count)
    return `(select count(*) ${sourceOfCompanion(companionOf(frame.world, value.count), value.where, inner)})`
  }
  if ('lengthOf' in value) {
    const of = targetOf(value.lengthOf, frame)
    return dialect.lengthOf(compileOwn(value.lengthOf, frame), of.kind === 'column' ? of.of.type : null)
  }
  if ('log2' in value) return dialect.log2(numberOf(value.log2, frame))
  if ('first' in value) {
    const target = targetOf(value, frame)
    return `coalesce(${value.first.map((one) => compileValue(one, target, frame)).join(', ')})`
  }
  return arithmetic(value, frame)
}

function choice(value: Extract<Expression, { when: unknown }>, frame: Frame): string {
  const target = targetOf(value, frame)
  const otherwise = compileValue(value.otherwise ?? null, target, frame)
  const holds = frame.world.condition(value.when, frame)
  return `(case when ${holds} then ${compileValue(value.then, target, frame)} else ${otherwise} end)`
}

function arithmetic(
  value: Extract<Expression, { add: unknown } | { subtract: unknown } | { multiply: unknown }>,
  frame: Frame,
): string {
  const [operator, [left, right]] =
    'add' in value
      ? (['+', value.add] as const)
      : 'subtract' in value
        ? (['-', value.subtract] as const)
        : (['*', value.multiply] as const)
  return `(${numberOf(left, frame)} ${operator} ${numberOf(right, frame)})`
}

function compileColumn(
  value: { readonly column: string; readonly plus?: number } | { readonly row: string },
  frame: Frame,
): string {
  if ('row' in value) return columnTarget(frame, value.row, true).sql
  const target = columnTarget(frame, value.column)
  if (value.plus === undefined) return target.sql
  const plus = frame.params.add(String(value.plus), target.use)
  return `(${target.sql} + ${frame.world.dialect.columnParam(plus, target.type)})`
}

/** In its own form. */
export function compileOwn(value: Value, frame: Frame): string {
  return compileValue(value, targetOf(value, frame), frame)
}

export function textOf(value: Value, frame: Frame): string {
  return compileValue(value, { kind: 'text' }, frame)
}

export function numberOf(value: Value, frame: Frame): string {
  return compileValue(value, { kind: 'number' }, frame)
}

/** A column's time with its zone; null where it holds a value that means none. */
export function instantOf(target: ColumnTarget, frame: Frame): string {
  return frame.world.dialect.instant(withoutNone(target, frame), clockOf(target, frame))
}

const NUMERIC = /^(small|big|medium|tiny)?int|^(integer|numeric|decimal|real|double|float)/
const TEXTUAL = /^(character|char|varchar|text|"char"|citext|name|longtext|mediumtext|tinytext|enum|set)/

type Family = 'text' | 'number' | 'instant' | 'other'

export function familyOf(target: Target): Family {
  if (target.kind !== 'column') return target.kind
  const { type } = target.of
  if (NUMERIC.test(type)) return 'number'
  return TEXTUAL.test(type) ? 'text' : 'other'
}

/** Brings an expression of one form into another one; where the server would not compare them, both are texts. */
function alike(sql: string, from: Target, to: Target, { world: { dialect } }: Frame): string {
  const [source, wanted] = [familyOf(from), familyOf(to)]
  if (to.kind === 'column' && from.kind === 'column')
    return dialect.collated(sql, from.of.collation, to.of.collation)
  if (source === wanted) return sql
  if (wanted === 'text') return dialect.asText(sql)
  if (wanted === 'number') return dialect.asNumber(dialect.asText(sql))
  return sql
}
