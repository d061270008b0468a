import type { Mapping } from '../../domain/mapping/mapping.ts'
import { kindsOfTime } from './table-shape.ts'
import type { Kind } from './table-shape.ts'

const TEXTUAL: readonly Kind[] = ['text', 'other', 'uuid']
const TRUTH: readonly Kind[] = ['boolean']
const NUMERIC: readonly Kind[] = ['number', 'boolean']

/**
 * Of each column what it has to be, as far as the profile tells: times by their form, and columns that it compares with
 * a literal by that. A code 1 in a profile is no text "1" in a table, and the other way round: those are two layouts.
 */
export function expectedKinds(mapping: Mapping): ReadonlyMap<string, readonly Kind[]> {
  const kinds = new Map<string, readonly Kind[]>()
  const forms = mapping.columns ?? {}
  for (const [name, form] of Object.entries(forms)) {
    if ('truth' in form) kinds.set(name, typeof form.truth[0] === 'number' ? NUMERIC : TEXTUAL)
    else kinds.set(name, kindsOfTime(form))
  }
  for (const time of Object.values(mapping.times)) {
    const column = columnOf(time)
    if (column !== null) kinds.set(column, kindsOfTime(forms[column]))
  }
  for (const [column, literal] of comparedWith(mapping.states.map((rule) => rule.when))) {
    if (kinds.has(column)) continue
    if (typeof literal === 'boolean') kinds.set(column, TRUTH)
    else if (typeof literal === 'number') kinds.set(column, NUMERIC)
    else kinds.set(column, TEXTUAL)
  }
  return kinds
}

function columnOf(time: unknown): string | null {
  if (typeof time === 'string') return time
  if (typeof time !== 'object' || time === null || !('column' in time)) return null
  return typeof time.column === 'string' ? time.column : null
}

type Found = readonly (readonly [string, string | number | boolean])[]

/** Columns of the row itself that a condition compares with a literal. */
function comparedWith(node: unknown): Found {
  if (Array.isArray(node)) return node.flatMap(comparedWith)
  if (typeof node !== 'object' || node === null) return []
  // What stands in there are columns of another table.
  if ('exists' in node || 'count' in node || 'of' in node) return []
  const own: Found = 'column' in node && typeof node.column === 'string' ? literalsOf(node.column, node) : []
  return [...own, ...Object.values(node).flatMap(comparedWith)]
}

function literalsOf(column: string, node: object): Found {
  const rights = Object.entries(node).flatMap(([name, right]): unknown[] =>
    name === 'equals' ? [right] : name === 'in' && Array.isArray(right) ? right : [],
  )
  return rights.flatMap((right) =>
    typeof right === 'string' || typeof right === 'number' || typeof right === 'boolean'
      ? [[column, right] as const]
      : [],
  )
}
