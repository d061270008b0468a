import { RedriveError } from '../../domain/errors.ts'
import { say } from '../../domain/text.ts'
import { comparisons } from '../../domain/mapping/values.ts'
import type { Comparison, MappingPredicate, Value } from '../../domain/mapping/values.ts'
import { columnTarget, companionFrame, companionOf, withoutNone } from './frame.ts'
import type { Frame } from './frame.ts'
import { sourceOfCompanion } from './lookups.ts'
import { compileOwn, compileValue, familyOf, targetOf } from './values.ts'
import type { Target } from './values.ts'

const OPERATORS: Readonly<Record<Comparison, string>> = {
  equals: '=',
  above: '>',
  atLeast: '>=',
  below: '<',
  atMost: '<=',
}

/** A condition as SQL that may stand beside `and`, `or` and `not`. */
export function compilePredicate(of: MappingPredicate, frame: Frame): string {
  if ('all' in of) return joined(of.all, ' and ', 'true', frame)
  if ('any' in of) return joined(of.any, ' or ', 'false', frame)
  if ('not' in of) return `not (${compilePredicate(of.not, frame)})`
  if ('exists' in of) {
    const inner = companionFrame(frame, of.exists)
    return `exists (select 1 ${sourceOfCompanion(companionOf(frame.world, of.exists), of.where, inner)})`
  }
  if ('columns' in of) return rowComparison(of, frame)
  const { sql, target } = leftOf(of, frame)
  if ('isNull' in of) return `${sql} is ${of.isNull ? '' : 'not '}null`
  if ('in' in of) {
    if (of.in.length === 0) return 'false'
    return `${sql} in (${of.in.map((one) => compileValue(one, target, frame)).join(', ')})`
  }
  const [name, right] = comparisonOf(of)
  if (name === 'equals' && right === null) return `${sql} is null`
  return compare({ sql, target }, name, right as Value, frame)
}

function joined(parts: readonly MappingPredicate[], word: string, none: string, frame: Frame): string {
  if (parts.length === 0) return none
  return `(${parts.map((part) => compilePredicate(part, frame)).join(word)})`
}

interface Left {
  readonly sql: string
  readonly target: Target
}

function leftOf(of: { readonly column: string } | { readonly value: Value }, frame: Frame): Left {
  if ('value' in of) return { sql: compileOwn(of.value, frame), target: targetOf(of.value, frame) }
  const column = columnTarget(frame, of.column)
  return { sql: withoutNone(column, frame), target: { kind: 'column', of: column } }
}

/** Where the two are of kinds that a server would not compare, or not as numbers, they are brought to one. */
function compare(left: Left, name: Comparison, right: Value, frame: Frame): string {
  const { dialect } = frame.world
  const operator = OPERATORS[name]
  const theirs = targetOf(right, frame)
  const [mine, other] = [familyOf(left.target), familyOf(theirs)]
  const asNumbers = left.target.kind === 'text' && other === 'number' && name !== 'equals'
  if (asNumbers) {
    return `${dialect.asNumber(left.sql)} ${operator} ${compileValue(right, { kind: 'number' }, frame)}`
  }
  const computed = isComputed(right)
  const differs = mine !== other || (mine === 'other' && typesDiffer(left.target, theirs))
  if (computed && differs) {
    return `${dialect.asText(left.sql)} ${operator} ${compileValue(right, { kind: 'text' }, frame)}`
  }
  const compared = compileValue(right, left.target, frame)
  const equal = `${left.sql} ${operator} ${compared}`
  // Rows belong together by what their texts are, not by what a collation takes for the same.
  const texts = computed && name === 'equals' && mine === 'text' && other === 'text'
  return texts && dialect.exactly !== null ? `(${equal} and ${dialect.exactly(left.sql, compared)})` : equal
}

function isComputed(value: Value): boolean {
  return value !== null && typeof value === 'object' && !('is' in value) && !('setting' in value)
}

function typesDiffer(one: Target, other: Target): boolean {
  return one.kind === 'column' && other.kind === 'column' && one.of.type !== other.of.type
}

/** The one of the comparisons that the condition has. */
function comparisonOf(of: object): readonly [Comparison, unknown] {
  for (const name of comparisons) {
    if (Object.hasOwn(of, name)) return [name, (of as Readonly<Record<string, unknown>>)[name]]
  }
  throw new RedriveError('mapping-invalid', 'never', {
    at: 'condition',
    problem: say('fault.nothing-compared'),
  })
}

function rowComparison(of: Extract<MappingPredicate, { columns: unknown }>, frame: Frame): string {
  const [name, values] = comparisonOf(of)
  const targets = of.columns.map((column) => columnTarget(frame, column))
  const rights = (values as readonly Value[]).map((value, place) => {
    const target = targets[place]
    return compileValue(
      value,
      target === undefined ? { kind: 'text' } : { kind: 'column', of: target },
      frame,
    )
  })
  return `(${targets.map(({ sql }) => sql).join(', ')}) ${OPERATORS[name]} (${rights.join(', ')})`
}
