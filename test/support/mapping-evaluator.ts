import type { MappingPredicate, Value } from '../../src-main/domain/mapping/values.ts'

export type Cell = string | number | boolean | null

/** A row as the test knows it: `kids` are the companion's. Times are milliseconds since 1970. */
export interface EvalRow {
  readonly id: number
  readonly a: number | null
  readonly b: string | null
  readonly c: boolean | null
  readonly d: number | null
  /** `Y` or `N`. */
  readonly e: string | null
  /** Seconds since 1970; 0: none. */
  readonly f: number | null
  readonly j: Readonly<Record<string, unknown>> | null
  readonly kids: readonly { readonly n: number | null; readonly s: string | null }[]
}

type Truth = boolean | null
type Scope = Readonly<Record<string, unknown>>

/** What the language says, word by word and slowly: SQL's three values, nothing of SQL. */
export function holds(of: MappingPredicate, row: EvalRow, scope: Scope = cells(row)): Truth {
  if ('all' in of) return every(of.all.map((one) => holds(one, row, scope)))
  if ('any' in of) return not(every(of.any.map((one) => not(holds(one, row, scope)))))
  if ('not' in of) return not(holds(of.not, row, scope))
  if ('exists' in of)
    return row.kids.some((kid) => of.where === undefined || holds(of.where, row, kid) === true)
  if ('columns' in of) return rowHolds(of, row, scope)
  const left = 'column' in of ? cellOf(scope, of.column) : evaluate(of.value, row, scope)
  if ('isNull' in of) return (left === null) === of.isNull
  if ('in' in of) {
    if (of.in.length === 0) return false
    return left === null ? null : of.in.some((one) => compare(left, asCell(of, one)) === 0)
  }
  const [name, right] = sideOf(of)
  if (name === 'equals' && right === null) return left === null
  return by(name, left, asCell(of, evaluate(right, row, scope)))
}

function cells(row: EvalRow): Scope {
  return { ...row, f: row.f === 0 || row.f === null ? null : row.f * 1_000 }
}

function cellOf(scope: Scope, name: string): Cell {
  return (scope[name] ?? null) as Cell
}

/** The column `e` writes true as Y and false as N. */
function asCell(of: object, value: Cell): Cell {
  return 'column' in of && of.column === 'e' && typeof value === 'boolean' ? (value ? 'Y' : 'N') : value
}

function sideOf(of: object): readonly [string, Value] {
  const found = Object.entries(of).find(
    ([name]) => name !== 'column' && name !== 'value' && name !== 'columns',
  )
  return (found ?? ['equals', null]) as [string, Value]
}

function rowHolds(of: Extract<MappingPredicate, { columns: unknown }>, row: EvalRow, scope: Scope): Truth {
  const [name, values] = sideOf(of) as unknown as [string, readonly Value[]]
  const pairs = of.columns.map(
    (column, place) => [cellOf(scope, column), evaluate(values[place] ?? null, row, scope)] as const,
  )
  if (name === 'equals') return every(pairs.map(([left, right]) => by('equals', left, right)))
  for (const [place, [left, right]] of pairs.entries()) {
    if (left === null || right === null) return null
    if (compare(left, right) !== 0 || place === pairs.length - 1) return by(name, left, right)
  }
  return null
}

function by(name: string, left: Cell, right: Cell): Truth {
  if (left === null || right === null) return null
  const order = compare(left, right)
  if (order === null) return null
  switch (name) {
    case 'equals':
      return order === 0
    case 'above':
      return order > 0
    case 'atLeast':
      return order >= 0
    case 'below':
      return order < 0
    default:
      return order <= 0
  }
}

/** Null: a text that should be compared with a number is none. */
function compare(left: Exclude<Cell, null>, right: Cell): number | null {
  if (typeof left === 'string' && typeof right === 'number') {
    return /^\s*[-+]?(\d+\.?\d*|\.\d+)\s*$/.test(left) ? Number(left) - right : null
  }
  if (typeof left === 'number' || typeof left === 'boolean') return Number(left) - Number(right)
  return left < String(right) ? -1 : Number(left > String(right))
}

export function evaluate(value: Value, row: EvalRow, scope: Scope): Cell {
  if (value === null || typeof value !== 'object') return value
  if ('is' in value) {
    const more = 'plusSec' in value ? Number(value.plusSec) : 0
    const less = 'minusSec' in value ? Number(value.minusSec) : 0
    return Date.now() + (more - less) * 1_000
  }
  if ('column' in value) {
    const cell = cellOf(scope, value.column)
    return value.plus === undefined || cell === null ? cell : Number(cell) + value.plus
  }
  if ('row' in value) return cellOf(cells(row), value.row)
  if ('count' in value)
    return row.kids.filter((kid) => value.where === undefined || holds(value.where, row, kid) === true).length
  if ('concat' in value) {
    const parts = value.concat.map((one) => evaluate(one, row, scope))
    return parts.includes(null) ? null : parts.map(String).join('')
  }
  if ('part' in value) return partOf(evaluate(value.in, row, scope), value.by, value.part)
  if ('path' in value) return leaf(row.j?.[String(value.path[0])])
  if ('nullIf' in value) {
    const cell = evaluate(value.in, row, scope)
    return cell === value.nullIf ? null : cell
  }
  if ('first' in value)
    return value.first.map((one) => evaluate(one, row, scope)).find((one) => one !== null) ?? null
  if ('when' in value)
    return evaluate(
      holds(value.when, row, scope) === true ? value.then : (value.otherwise ?? null),
      row,
      scope,
    )
  if ('lengthOf' in value) {
    const list = row.j?.['list']
    return Array.isArray(list) ? list.length : null
  }
  return arithmetic(value, row, scope)
}

function arithmetic(value: object, row: EvalRow, scope: Scope): Cell {
  const [name, sides] = (Object.entries(value)[0] ?? ['add', []]) as [string, readonly Value[]]
  const [left, right] = sides.map((one) => evaluate(one, row, scope))
  if (left === null || right === null || left === undefined || right === undefined) return null
  const [x, y] = [Number(left), Number(right)]
  return name === 'add' ? x + y : name === 'subtract' ? x - y : x * y
}

function partOf(text: Cell, by: string, n: number): Cell {
  if (text === null) return null
  const parts = String(text).split(by)
  return parts.at(n > 0 ? n - 1 : n) || null
}

function leaf(found: unknown): Cell {
  return found === undefined || found === null ? null : String(found)
}

function not(truth: Truth): Truth {
  return truth === null ? null : !truth
}

function every(truths: readonly Truth[]): Truth {
  if (truths.includes(false)) return false
  return truths.includes(null) ? null : true
}
