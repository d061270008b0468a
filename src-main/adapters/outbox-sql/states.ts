import { RedriveError } from '../../domain/errors.ts'
import { valueOf } from '../../domain/mapping/walk.ts'
import { messageStates } from '../../domain/message.ts'
import type { MessageState, Trouble } from '../../domain/message.ts'
import { areDisjoint } from './disjoint.ts'
import { columnTarget, rowFrame } from './frame.ts'
import type { Frame, World } from './frame.ts'
import type { Params } from './statement.ts'
import { overdueBefore, timeBefore, touchedBefore } from './times.ts'
import { numberOf } from './values.ts'

export interface Limits {
  readonly stuckAfterSec: number
  /** Where the mapping does not say it. */
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

export interface Judge {
  readonly world: World
  readonly limits: Limits
}

export function literalState(state: MessageState): string {
  if (!messageStates.includes(state))
    throw new RedriveError('internal', 'never', { reason: `a mapping names the state ${state}` })
  return `'${state}'`
}

export function stateOf({ world }: Judge, params: Params): string {
  const frame = rowFrame(world, params)
  const cases = world.mapping.states.map(
    (rule) => `when ${world.condition(rule.when, frame)} then ${literalState(rule.state)}`,
  )
  return `case ${cases.join(' ')} else 'unknown' end`
}

export function troubleOf(judge: Judge, params: Params): string {
  const frame = rowFrame(judge.world, params)
  const cases = judge.world.mapping.states.map(
    ({ when }, index) => `when ${judge.world.condition(when, frame)} then ${troubleIn(judge, index, params)}`,
  )
  return `case ${cases.join(' ')} end`
}

// A value that is added and not used in the text is an error on the server: nothing is compiled in vain.
export function branchesOf(
  judge: Judge,
  params: Params,
  wanted: ReadonlySet<MessageState> | null,
  kind: Trouble | undefined,
): readonly Branch[] {
  return judge.world.mapping.states.flatMap(({ state, when }, index) => {
    if (wanted?.has(state) === false) return []
    const trouble = (): string => (kind === undefined ? troubleIn(judge, index, params) : `'${kind}'`)
    const plain = kind === undefined && 'equals' in when && 'column' in when
    if (kind === undefined) return [{ state, condition: ruleCondition(judge, index, params), plain, trouble }]
    if (!TROUBLED[kind].has(state)) return []
    const extra = troubleCondition(kind, state, judge, rowFrame(judge.world, params))
    if (extra === null) return []
    return [
      { state, condition: [ruleCondition(judge, index, params), ...extra].join(' and '), plain, trouble },
    ]
  })
}

/** The rule holds, and none before it. */
function ruleCondition({ world }: Judge, index: number, params: Params): string {
  const { states } = world.mapping
  const frame = rowFrame(world, params)
  const when = states[index]?.when ?? { any: [] }
  const earlier = states
    .slice(0, index)
    .filter((other) => !areDisjoint(other.when, when))
    .map((other) => `(${world.condition(other.when, frame)}) is not true`)
  return [world.condition(when, frame), ...earlier].join(' and ')
}

function troubleIn(judge: Judge, index: number, params: Params): string {
  const state = judge.world.mapping.states[index]?.state ?? 'unknown'
  const cases: string[] = []
  for (const kind of TROUBLES.filter((one) => TROUBLED[one].has(state))) {
    const extra = troubleCondition(kind, state, judge, rowFrame(judge.world, params))
    if (extra === null) continue
    // A state that is a trouble by itself needs no question.
    if (extra.length === 0 && cases.length === 0) return `'${kind}'`
    cases.push(`when ${extra.length === 0 ? 'true' : extra.join(' and ')} then '${kind}'`)
  }
  return cases.length === 0 ? 'null' : `case ${cases.join(' ')} end`
}

const TROUBLES: readonly Trouble[] = ['failed', 'stuck', 'unconfirmed']

/** The states whose rows can be in a trouble. */
const TROUBLED: Readonly<Record<Trouble, ReadonlySet<MessageState>>> = {
  failed: new Set(['failed', 'pending', 'retrying']),
  stuck: new Set(['pending', 'retrying', 'scheduled', 'in-flight']),
  unconfirmed: new Set(['waiting-confirm']),
}

/**
 * What has to hold besides the state, which is one of `TROUBLED`; null: the layout does not tell, so no row is in it.
 *
 * failed: the row says so, or it waits and its attempts are used up, so that nobody will take it.
 * stuck: it waits, is scheduled or in flight, and since it was due (at its last change, or at its next attempt where
 * that is later) more time has gone by than a relay needs.
 * unconfirmed: nobody has decided for as long; where the layout has no time, from the start.
 */
function troubleCondition(
  kind: Trouble,
  state: MessageState,
  judge: Judge,
  frame: Frame,
): readonly string[] | null {
  if (kind === 'failed' && state === 'failed') return []
  const { attempts, times } = judge.world.mapping
  if (kind === 'failed') return attempts === undefined ? null : [usedUp(judge, frame)]
  const since = judge.limits.stuckAfterSec
  if (kind === 'unconfirmed') {
    const touched = touchedBefore(since, frame)
    return touched === null ? [] : [touched]
  }
  if (state === 'in-flight') return silentFor(since, judge.world, frame)
  if (state === 'scheduled') {
    return times.nextAttempt === undefined ? null : [timeBefore(times.nextAttempt, since, frame)]
  }
  const overdue = overdueBefore(since, frame)
  if (overdue === null) return null
  return [...(attempts === undefined ? [] : [`(${usedUp(judge, frame)}) is not true`]), overdue]
}

/** In flight, and nobody has touched it for long; or nobody holds it where the layout says who does. */
function silentFor(seconds: number, { mapping, condition }: World, frame: Frame): readonly string[] | null {
  const touched = touchedBefore(seconds, frame)
  if (mapping.lease === undefined) return touched === null ? null : [touched]
  const free = `(${condition(mapping.lease.held, frame)}) is not true`
  return [touched === null ? free : `(${free} or ${touched})`]
}

export function attemptsOf({ world }: Judge, frame: Frame): string | null {
  const { attempts } = world.mapping
  if (attempts === undefined) return null
  const value = valueOf(attempts.value)
  const plain = typeof value === 'object' && value !== null && 'column' in value
  const sql = plain ? columnTarget(frame, value.column).sql : numberOf(value, frame)
  if (attempts.startsAt === undefined || attempts.startsAt === 0) return sql
  return `(${sql} - ${world.dialect.numberParam(frame.params.add(String(attempts.startsAt), 'number'))})`
}

/** Attempts after which nobody tries again. */
export function attemptsLimit({ world, limits }: Judge, frame: Frame): string {
  const limit = world.mapping.attempts?.limit
  if (limit !== undefined && typeof limit !== 'number') return numberOf(valueOf(limit), frame)
  const value = world.mapping.attempts?.value
  const text = String(limit ?? limits.attemptsMax)
  if (typeof value === 'string') {
    const { type } = columnTarget(frame, value)
    return world.dialect.columnParam(frame.params.add(text, value), type)
  }
  return world.dialect.numberParam(frame.params.add(text, 'number'))
}

function usedUp(judge: Judge, frame: Frame): string {
  return `${attemptsOf(judge, frame) ?? 'null'} >= ${attemptsLimit(judge, frame)}`
}
