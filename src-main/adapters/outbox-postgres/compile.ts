import { RedriveError } from '../../domain/errors.ts'
import type { Mapping, MappingAssignments, MappingPredicate, MappingValue } from '../../domain/mapping.ts'
import { actionableStates, messageStates } from '../../domain/message.ts'
import type { MessageState, Trouble } from '../../domain/message.ts'
import type { Catalogue } from './catalogue.ts'
import type { SqlValue } from './session.ts'

/** Values of one statement. Nothing but names from the catalogue and keywords is ever written into the text. */
export interface Params {
  readonly values: readonly SqlValue[]
  /** Returns its placeholder. The same value for the same `use` (a column, say, which gives its type) is sent once. */
  add(value: SqlValue, use: string): string
}

export function newParams(): Params {
  const values: SqlValue[] = []
  const known = new Map<string, string>()
  return {
    values,
    add(value, use) {
      const key = JSON.stringify([use, value])
      const existing = known.get(key)
      if (existing !== undefined) return existing
      values.push(value)
      const placeholder = `$${values.length}`
      known.set(key, placeholder)
      return placeholder
    },
  }
}

export interface Limits {
  readonly stuckAfterSec: number
  readonly attemptsMax: number
}

/** One rule of the mapping as a condition that no earlier rule's rows meet: branches never overlap. */
export interface Branch {
  readonly state: MessageState
  readonly condition: string
  /** Its rows are those with one value in a column, save for rows of an earlier rule. */
  readonly plain: boolean
  /** The trouble of its rows as an expression; cheaper than `trouble` of any row. */
  readonly trouble: () => string
}

export interface Compiler {
  /** `"schema"."table"` */
  readonly table: string
  /** A column of the table under the alias, quoted. */
  column(name: string, alias?: string): string
  state(params: Params): string
  /** The trouble of a row as text, or null. */
  trouble(params: Params): string
  /** Of the wanted states (null: all), the rows that are in this trouble where one is given. */
  branches(params: Params, wanted: ReadonlySet<MessageState> | null, trouble?: Trouble): readonly Branch[]
  actionable(params: Params): string
  isState(state: MessageState, params: Params): string
  /** [column, expression] of each assignment. */
  assignments(
    set: MappingAssignments,
    bind: (is: Bound) => string,
    params: Params,
  ): readonly (readonly [string, string])[]
}

const ALIAS = 't'

/** What a mapping names and only the statement knows: placeholders or expressions. */
export type Bound = 'token' | 'reason' | 'delay'

/** Where a condition or a value is being compiled to. */
interface Frame {
  readonly params: Params
  readonly column: (name: string) => string
  readonly bind: (is: Bound) => string
}

/** The one place where a name becomes SQL. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

export function newCompiler(mapping: Mapping, catalogue: Catalogue, limits: Limits): Compiler {
  const quoted = new Map([...catalogue.columns].map(([name, known]) => [name, quoteIdentifier(known.name)]))
  const column = (name: string, alias = ALIAS): string => {
    const known = quoted.get(name)
    if (known === undefined) {
      const table = `${catalogue.schema}.${catalogue.table}`
      throw new RedriveError('column-missing', 'never', { table, columns: name })
    }
    return `${alias}.${known}`
  }
  const frame = (params: Params): Frame => ({ params, column, bind: noBinding })
  const judge: Judge = { mapping, limits, frame }
  const state = (params: Params): string => {
    const cases = mapping.states.map(
      (rule) => `when ${compilePredicate(rule.when, frame(params))} then '${literalState(rule.state)}'`,
    )
    return `case ${cases.join(' ')} else 'unknown' end`
  }
  const among = (states: Iterable<MessageState>, params: Params): string =>
    `(${state(params)}) in (${[...states].map((one) => `'${literalState(one)}'`).join(', ')})`
  return {
    table: `${quoteIdentifier(catalogue.schema)}.${quoteIdentifier(catalogue.table)}`,
    column,
    state,
    trouble(params) {
      const cases = mapping.states.map(({ when }, index) => {
        const holds = compilePredicate(when, frame(params))
        return `when ${holds} then ${troubleIn(judge, index, params)}`
      })
      return `case ${cases.join(' ')} end`
    },
    branches: (params, wanted, kind) => branchesOf(judge, params, wanted, kind),
    actionable: (params) => among(actionableStates, params),
    isState: (one, params) => among([one], params),
    assignments: (set, bind, params) =>
      Object.entries(set).map(([name, value]) => [
        column(name, '').slice(1),
        compileValue(value, name, { ...frame(params), bind }),
      ]),
  }
}

interface Judge {
  readonly mapping: Mapping
  readonly limits: Limits
  readonly frame: (params: Params) => Frame
}

// A value that is added and not used in the text is an error on the server: nothing is compiled in vain.
function branchesOf(
  judge: Judge,
  params: Params,
  wanted: ReadonlySet<MessageState> | null,
  kind: Trouble | undefined,
): readonly Branch[] {
  return judge.mapping.states.flatMap(({ state, when }, index) => {
    if (wanted?.has(state) === false) return []
    const trouble = (): string => (kind === undefined ? troubleIn(judge, index, params) : `'${kind}'`)
    const plain = kind === undefined && 'equals' in when
    if (kind === undefined) return [{ state, condition: ruleCondition(judge, index, params), plain, trouble }]
    if (!TROUBLED[kind].has(state)) return []
    const extra = troubleCondition(kind, state, judge, judge.frame(params))
    return [
      { state, condition: [ruleCondition(judge, index, params), ...extra].join(' and '), plain, trouble },
    ]
  })
}

/** The rule holds, and none before it. */
function ruleCondition({ mapping, frame }: Judge, index: number, params: Params): string {
  const when = mapping.states[index]?.when ?? { any: [] }
  const earlier = mapping.states
    .slice(0, index)
    .filter((other) => !areDisjoint(other.when, when))
    .map((other) => `(${compilePredicate(other.when, frame(params))}) is not true`)
  return [compilePredicate(when, frame(params)), ...earlier].join(' and ')
}

function troubleIn(judge: Judge, index: number, params: Params): string {
  const state = judge.mapping.states[index]?.state ?? 'unknown'
  const cases: string[] = []
  for (const kind of TROUBLES.filter((one) => TROUBLED[one].has(state))) {
    const extra = troubleCondition(kind, state, judge, judge.frame(params))
    // A state that is a trouble by itself needs no question.
    if (extra.length === 0 && cases.length === 0) return `'${kind}'`
    cases.push(`when ${extra.length === 0 ? 'true' : extra.join(' and ')} then '${kind}'`)
  }
  return cases.length === 0 ? 'null' : `case ${cases.join(' ')} end`
}

function literalState(state: MessageState): string {
  if (!messageStates.includes(state))
    throw new RedriveError('internal', 'never', { reason: `a mapping names the state ${state}` })
  return state
}

function noBinding(is: Bound): never {
  throw new RedriveError('internal', 'never', { reason: `a condition cannot use the ${is}` })
}

function compilePredicate(of: MappingPredicate, frame: Frame): string {
  if ('all' in of) return joined(of.all, ' and ', 'true', frame)
  if ('any' in of) return joined(of.any, ' or ', 'false', frame)
  if ('not' in of) return `not (${compilePredicate(of.not, frame)})`
  const left = frame.column(of.column)
  if ('isNull' in of) return `${left} is ${of.isNull ? '' : 'not '}null`
  if ('in' in of) {
    if (of.in.length === 0) return 'false'
    return `${left} in (${of.in.map((one) => frame.params.add(String(one), of.column)).join(', ')})`
  }
  if ('above' in of) return `${left} > ${compileValue(of.above, of.column, frame)}`
  if (of.equals === null) return `${left} is null`
  return `${left} = ${compileValue(of.equals, of.column, frame)}`
}

function joined(parts: readonly MappingPredicate[], word: string, none: string, frame: Frame): string {
  if (parts.length === 0) return none
  return `(${parts.map((part) => compilePredicate(part, frame)).join(word)})`
}

function compileValue(value: MappingValue, forColumn: string, { params, column, bind }: Frame): string {
  if (value === null) return 'null'
  if (typeof value !== 'object') return params.add(String(value), forColumn)
  if ('column' in value) return `${column(value.column)} + ${params.add(String(value.plus), value.column)}`
  if (value.is === 'now') return 'now()'
  if (value.is === 'infinity') return `'infinity'`
  return bind(value.is)
}

type Constants = ReadonlyMap<string, ReadonlySet<string>>

/** Of a mapping's conditions, which are asked about at every page. */
const knownConstants = new WeakMap<MappingPredicate, Constants>()

/** Columns with the constants that every row of this condition has in them. */
function constants(of: MappingPredicate): Constants {
  const known = knownConstants.get(of) ?? findConstants(of)
  knownConstants.set(of, known)
  return known
}

function findConstants(of: MappingPredicate): Constants {
  if ('all' in of) return new Map(of.all.flatMap((part) => [...constants(part)]))
  if ('equals' in of && of.equals !== null && typeof of.equals !== 'object') {
    return new Map([[of.column, new Set([String(of.equals)])]])
  }
  if ('in' in of) return new Map([[of.column, new Set(of.in.map(String))]])
  return new Map()
}

/** True where no row can meet both; false where that cannot be told. */
function areDisjoint(one: MappingPredicate, other: MappingPredicate): boolean {
  const others = constants(other)
  return [...constants(one)].some(([name, values]) => {
    const theirs = others.get(name)
    return theirs !== undefined && [...values].every((value) => !theirs.has(value))
  })
}

const TROUBLES: readonly Trouble[] = ['failed', 'stuck']

/** The states whose rows can be in a trouble. */
const TROUBLED: Readonly<Record<Trouble, ReadonlySet<MessageState>>> = {
  failed: new Set(['failed', 'pending', 'retrying']),
  stuck: new Set(['pending', 'retrying', 'scheduled', 'in-flight']),
}

/**
 * What has to hold besides the state, which is one of `TROUBLED`.
 *
 * failed: the row says so, or it waits and its attempts are used up, so that nobody will take it.
 * stuck: it waits, is scheduled or in flight, and since it was due (at its last change, or at its next attempt where
 * that is later) more time has gone by than a relay needs.
 */
function troubleCondition(
  kind: Trouble,
  state: MessageState,
  { mapping, limits }: { mapping: Mapping; limits: Limits },
  { params, column }: Frame,
): readonly string[] {
  if (kind === 'failed' && state === 'failed') return []
  const usedUp = (): string =>
    `${column(mapping.attempts.column)} >= ${params.add(String(limits.attemptsMax), mapping.attempts.column)}`
  if (kind === 'failed') return [usedUp()]
  const { created, updated, nextAttempt } = mapping.times
  const overdue = `now() - make_interval(secs => ${params.add(String(limits.stuckAfterSec), 'seconds')}::float8)`
  const touched = `coalesce(${column(updated)}, ${column(created)})`
  if (state === 'in-flight') return [`${touched} < ${overdue}`]
  if (state === 'scheduled') return [`${column(nextAttempt)} < ${overdue}`]
  return [`(${usedUp()}) is not true`, `greatest(${touched}, ${column(nextAttempt)}) < ${overdue}`]
}
