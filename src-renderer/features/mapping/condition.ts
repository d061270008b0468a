import { isObject } from './mapping-json.ts'
import type { Json } from './mapping-json.ts'
import { fieldText, listText, literalText, readField, readList, readLiteral } from './value-text.ts'
import type { Read } from './value-text.ts'

export const operators = [
  'equals',
  'in',
  'isNull',
  'isNotNull',
  'above',
  'atLeast',
  'below',
  'atMost',
  'exists',
  'always',
  'json',
] as const
export type Operator = (typeof operators)[number]

/** A condition in three boxes; one that does not fit into them is JSON in the last. */
export interface Boxes {
  readonly left: string
  readonly operator: Operator
  readonly right: string
}

export const hasLeft = (operator: Operator): boolean => operator !== 'always' && operator !== 'json'
export const hasRight = (operator: Operator): boolean =>
  !['isNull', 'isNotNull', 'exists', 'always'].includes(operator)

export function boxesOf(condition: Json | undefined): Boxes {
  return simple(condition) ?? { left: '', operator: 'json', right: JSON.stringify(condition ?? null) }
}

function simple(condition: Json | undefined): Boxes | null {
  if (condition === undefined) return { left: '', operator: 'equals', right: '' }
  if (!isObject(condition)) return null
  const names = Object.keys(condition)
  if (names.length === 1 && Array.isArray(condition['all']) && condition['all'].length === 0)
    return { left: '', operator: 'always', right: '' }
  if (names.length === 1 && typeof condition['exists'] === 'string')
    return { left: condition['exists'], operator: 'exists', right: '' }
  const left = condition['column'] ?? condition['value']
  if (names.length !== 2 || left === undefined) return null
  const text = fieldText(left)
  if ('isNull' in condition)
    return { left: text, operator: condition['isNull'] === true ? 'isNull' : 'isNotNull', right: '' }
  if (Array.isArray(condition['in'])) return { left: text, operator: 'in', right: listText(condition['in']) }
  const operator = operators.find((one) => one in condition)
  return operator === undefined ? null : { left: text, operator, right: literalText(condition[operator]) }
}

/** The condition that the boxes say; not ok: they say none yet. */
export function conditionOf({ left, operator, right }: Boxes): Read {
  if (operator === 'always') return { ok: true, value: { all: [] } }
  if (operator === 'json') return jsonCondition(right)
  const name = left.trim()
  if (name === '') return { ok: false }
  if (operator === 'exists') return { ok: true, value: { exists: name } }
  const field = readField(name)
  if (!field.ok || field.value === undefined) return { ok: false }
  const side: { [key: string]: Json } =
    typeof field.value === 'string' ? { column: field.value } : { value: field.value }
  if (operator === 'isNull' || operator === 'isNotNull')
    return { ok: true, value: { ...side, isNull: operator === 'isNull' } }
  const read = operator === 'in' ? readList(right) : readLiteral(right)
  return read.ok && read.value !== undefined
    ? { ok: true, value: { ...side, [operator]: read.value } }
    : { ok: false }
}

function jsonCondition(text: string): Read {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? { ok: true, value } : { ok: false }
  } catch {
    return { ok: false }
  }
}
