import type { Mapping } from '../../domain/mapping/mapping.ts'
import type {
  Bound,
  Field,
  MappingAssignments,
  MappingPredicate,
  Value,
} from '../../domain/mapping/values.ts'
import { valueOf } from '../../domain/mapping/walk.ts'
import { actionableStates } from '../../domain/message.ts'
import type { MessageState, Trouble } from '../../domain/message.ts'
import type { Catalogue, Catalogues } from './catalogue.ts'
import type { Dialect } from './dialect.ts'
import { ALIAS, columnTarget, rowFrame } from './frame.ts'
import type { Frame, World } from './frame.ts'
import { newKey, TABLE_COLUMN } from './key.ts'
import type { Key } from './key.ts'
import { compilePredicate } from './predicates.ts'
import { attemptsLimit, attemptsOf, branchesOf, literalState, stateOf, troubleOf } from './states.ts'
import type { Branch, Limits } from './states.ts'
import { newParams } from './statement.ts'
import type { Params } from './statement.ts'
import { instantOfTime, timeBefore } from './times.ts'
import { compileOwn, compileValue, familyOf, numberOf, targetOf } from './values.ts'
import { newWalk } from './walk.ts'
import type { Walk } from './walk.ts'

export interface Assignment {
  /** Quoted, without an alias. */
  readonly column: string
  readonly value: string
  /** False: another value at each try, as the time has gone on. */
  readonly steady: boolean
}

/** A mapping on a table, as pieces of SQL. Everything that can be said of its rows is said here and nowhere else. */
export interface Compiler {
  readonly dialect: Dialect
  readonly key: Key
  readonly walk: Walk
  /** `"schema"."table"`; for reading only, and in brackets, where the outbox has several tables. */
  readonly table: string
  newParams(): Params
  /** Row version. */
  version(alias?: string): string
  /** Where a value is compiled to; for what the functions below do not say. */
  frame(params: Params): Frame
  /** A column of the table under the alias, quoted. */
  column(name: string, alias?: string): string
  /** What a field says of a row; null where the layout does not have it. */
  field(field: Field | undefined, params: Params): string | null
  /** Type of the column that a field is; null: it is computed. */
  typeOf(field: Field, params: Params): string | null
  /** All tables of the outbox. */
  readonly tables: readonly Catalogue[]
  /** The payload is stored as bytes, not as text. */
  readonly payloadIsBytes: boolean
  number(value: Value, params: Params): string
  /** A time with its zone; null where the layout does not have it. */
  time(name: keyof Mapping['times'], params: Params): string | null
  /** The field has this text in it. */
  equals(field: Field, text: string, params: Params): string
  /** A time of the layout lies further back; `false` where the layout does not have it. */
  olderThan(name: keyof Mapping['times'], seconds: number, params: Params): string
  attempts(params: Params): string | null
  attemptsLimit(params: Params): string
  state(params: Params): string
  /** The trouble of a row as text, or null. */
  trouble(params: Params): string
  /** Of the wanted states (null: all), the rows that are in this trouble where one is given. */
  branches(params: Params, wanted: ReadonlySet<MessageState> | null, trouble?: Trouble): readonly Branch[]
  /** What every row has to meet to belong to the outbox at all. */
  present(params: Params): readonly string[]
  /** A person may act on the row: its state is one of these (absent: the usual ones), and nobody works on it. */
  actionable(params: Params, states?: readonly MessageState[]): string
  isState(state: MessageState, params: Params): string
  predicate(of: MappingPredicate, params: Params): string
  assignments(set: MappingAssignments, bind: (is: Bound) => string, params: Params): readonly Assignment[]
}

export function newCompiler(
  dialect: Dialect,
  mapping: Mapping,
  catalogues: Catalogues,
  limits: Limits,
): Compiler {
  const world: World = { dialect, mapping, catalogues, condition: compilePredicate }
  const judge = { world, limits }
  const frame = (params: Params): Frame => rowFrame(world, params)
  const { own } = catalogues
  const quoted = new Map([...own.columns.keys()].map((name) => [name, dialect.quote(name)]))
  const among = (states: Iterable<MessageState>, params: Params): string =>
    `(${stateOf(judge, params)}) in (${[...states].map(literalState).join(', ')})`
  const field = (of: Field | undefined, params: Params): string | null =>
    of === undefined ? null : compileOwn(valueOf(of), frame(params))
  const column = (name: string, alias = ALIAS): string => {
    const known = quoted.get(name)
    return known === undefined
      ? columnTarget(frame(newParams(dialect.placeholder)), name).sql
      : `${alias}.${known}`
  }
  const key = newKey(world)
  return {
    dialect,
    key,
    walk: newWalk(dialect, key),
    table: sourceOf(dialect, catalogues),
    newParams: () => newParams(dialect.placeholder),
    version: (alias = ALIAS) => dialect.version(alias, [...own.columns.values()]),
    frame,
    column,
    field,
    typeOf: (of, params) => typeOfField(of, frame(params)),
    tables: [own, ...catalogues.more],
    payloadIsBytes: mapping.payload !== undefined && isBytes(mapping.payload.value, world),
    number: (value, params) => numberOf(value, frame(params)),
    time(name, params) {
      const of = mapping.times[name]
      return of === undefined ? null : instantOfTime(of, frame(params))
    },
    equals: (of, text, params) => equalsText(valueOf(of), text, frame(params)),
    olderThan(name, seconds, params) {
      const of = mapping.times[name]
      return of === undefined ? 'false' : timeBefore(of, seconds, frame(params))
    },
    attempts: (params) => attemptsOf(judge, frame(params)),
    attemptsLimit: (params) => attemptsLimit(judge, frame(params)),
    state: (params) => stateOf(judge, params),
    trouble: (params) => troubleOf(judge, params),
    branches: (params, wanted, kind) => branchesOf(judge, params, wanted, kind),
    present: (params) => presence(mapping, frame(params)),
    actionable: (params, states) => {
      const free = mapping.lease === undefined ? [] : [notHeld(mapping.lease.held, frame(params))]
      return [among(states ?? actionableStates, params), ...free].join(' and ')
    },
    isState: (one, params) => among([one], params),
    predicate: (of, params) => compilePredicate(of, frame(params)),
    assignments: (set, bind, params) =>
      Object.entries(set).map(([name, value]) => {
        const bound = rowFrame(world, params, bind)
        const target = columnTarget(bound, name)
        const moving = typeof value === 'object' && value !== null && 'is' in value
        return {
          column: dialect.quote(target.name),
          value: compileValue(value, { kind: 'column', of: target }, bound),
          steady: !(moving && (value.is === 'now' || value.is === 'delay')),
        }
      }),
  }
}

const NUMBER = /^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d{1,3})?\s*$/i

/** A text that is no number is in no column of numbers, whatever a server would read out of it. */
function equalsText(value: Value, text: string, frame: Frame): string {
  const family = familyOf(targetOf(value, frame))
  if (family === 'number' && !NUMBER.test(text)) return 'false'
  const equal = compilePredicate({ value, equals: text }, frame)
  const { dialect } = frame.world
  if (family !== 'text' || dialect.exactly === null) return equal
  const own = dialect.textParam(frame.params.add(text, 'text'))
  return `(${equal} and ${dialect.exactly(compileOwn(value, frame), own)})`
}

/** All rows of all tables, each with the name of its own. */
function sourceOf(dialect: Dialect, { own, more }: Catalogues): string {
  const named = ({ schema, table }: Catalogue): string => `${dialect.quote(schema)}.${dialect.quote(table)}`
  if (more.length === 0) return named(own)
  const columns = [...[...own.columns.keys()].map((name) => dialect.quote(name)), ...dialect.hidden]
  const one = (of: Catalogue): string =>
    `select ${columns.map((column) => `m.${column}`).join(', ')}, ` +
    `${dialect.nameLiteral(of.table)} as ${TABLE_COLUMN} from ${named(of)} m`
  return `(${[own, ...more].map(one).join(' union all ')})`
}

function typeOfField(field: Field, frame: Frame): string | null {
  const target = targetOf(valueOf(field), frame)
  return target.kind === 'column' ? target.of.type : null
}

function isBytes(field: Field, world: World): boolean {
  const type = typeOfField(field, rowFrame(world, newParams(world.dialect.placeholder)))
  return type !== null && world.dialect.isBytes(type)
}

function notHeld(held: MappingPredicate, frame: Frame): string {
  return `(${compilePredicate(held, frame)}) is not true`
}

function presence({ scope, deleted }: Mapping, frame: Frame): readonly string[] {
  return [
    ...(scope === undefined ? [] : [compilePredicate(scope, frame)]),
    ...(deleted === undefined ? [] : [notHeld(deleted, frame)]),
  ]
}

/** `a = 1, b = 2` of an update. */
export function setList(assignments: readonly Assignment[]): string {
  return assignments.map(({ column, value }) => `${column} = ${value}`).join(', ')
}
