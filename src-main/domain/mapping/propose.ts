import { say } from '../text.ts'
import type { Text } from '../text.ts'
import type { Cells, CodeMeaning } from './codes.ts'
import { meaningsOf } from './codes.ts'
import type { ActionProfile, ColumnForm, Mapping, TimeName } from './mapping.ts'
import { literalOf } from './propose-draft.ts'
import type { Draft, Guess, Surveyed } from './propose-draft.ts'
import { companionsOf } from './propose-companions.ts'
import type { ProposedCompanions } from './propose-companions.ts'
import { statesFrom } from './propose-states.ts'
import type { Value } from './values.ts'
import { kindOf, rolesOf } from './roles.ts'
import type { Role } from './roles.ts'
import type { SurveyedColumn } from './surveyed.ts'
import { timeGuess } from './time-guess.ts'

export interface Proposal {
  readonly mapping: Mapping
  /** From 0 to 1; below every layout that is known and fits. */
  readonly score: number
  readonly guesses: readonly Guess[]
}

const FROM_NAME = 0.6
const FROM_KEY = 0.95
const FROM_VALUES = 0.7
const RELAY = 0.3
/** Of the best score that a proposal can have: nobody has confirmed anything of it. */
const SCORE_MAX = 0.85

const BY_NAME = say('because.name')

function byNameAnd(more: Text): Text {
  return say('because.name-and', { more })
}

function ofValues([yes, no]: readonly [string | number, string | number]): Text {
  return say('because.values', { yes, no })
}

/** In the words of the mapping: `epoch-s, none = 0`. */
function formText(form: ColumnForm): string {
  if ('truth' in form) return form.truth.join(' / ')
  return form.none === undefined ? form.time : `${form.time}, none = ${form.none.join(', ')}`
}

function written(column: string, form: string): Text {
  return say('says.as', { column, form })
}

/** A first mapping for a table that no profile knows, every guess with its evidence. */
export function proposeMapping(surveyed: Surveyed): Proposal {
  const draft: Draft = { ...surveyed, roles: rolesOf(surveyed.table), forms: {}, guesses: [], times: {} }
  proposeTimes(draft)
  proposeFlags(draft)
  const companions = companionsOf(draft)
  const meanings = codeMeanings(draft)
  const states = statesFrom(draft, meanings)
  const key = keyOf(draft)
  const parts = fieldsOf(draft, companions)
  const retry = retryOf(draft, meanings, states)
  const base: Mapping = {
    profile: 'proposed',
    about: 'Proposed from names, types and a sample of rows. Nobody has confirmed it.',
    key,
    messageId: messageIdOf(draft, key),
    times: draft.times,
    states,
    sentRows: states.some(({ state }) => state === 'sent') ? 'kept' : 'unknown',
    relay: { model: 'poller', note: 'A guess: the table does not tell who sends its messages.' },
    ...parts,
  }
  draft.guesses.push({
    ...{ at: 'relay.model', says: 'poller', evidence: say('because.untold'), confidence: RELAY },
  })
  const mapping = {
    ...base,
    ...(Object.keys(draft.forms).length === 0 ? {} : { columns: draft.forms }),
    ...(Object.keys(companions.companions).length === 0 ? {} : { companions: companions.companions }),
    ...(retry === null ? {} : { retry }),
  }
  return { mapping, score: scoreOf(mapping, meanings), guesses: draft.guesses }
}

const TIMES: readonly (readonly [Role, TimeName])[] = [
  ['created', 'created'],
  ['updated', 'updated'],
  ['sent', 'sent'],
  ['nextAttempt', 'nextAttempt'],
]

function proposeTimes(draft: Draft): void {
  for (const [role, time] of TIMES) {
    const column = draft.roles[role]
    const guess = column && timeGuess(column, draft.rows)
    if (column === undefined || guess === undefined || guess === null) continue
    draft.times[time] = column.name
    if (guess.form !== null) draft.forms[column.name] = guess.form
    const says = guess.form === null ? column.name : written(column.name, formText(guess.form))
    const evidence = byNameAnd(guess.evidence)
    draft.guesses.push({ at: `times.${time}`, says, evidence, confidence: guess.confidence })
  }
}

const TRUTHS: readonly (readonly [string, string])[] = [
  ['Y', 'N'],
  ['YES', 'NO'],
  ['T', 'F'],
  ['true', 'false'],
]

/** What stands for true in a flag that is no boolean is told by the values that are there, or not at all. */
export function truthOf(column: SurveyedColumn, rows: readonly Cells[]): ColumnForm | 'boolean' | null {
  if (kindOf(column) === 'boolean') return 'boolean'
  const values = new Set(rows.flatMap((row) => row[column.name] ?? []))
  if (values.size === 0) return null
  const all = (pair: readonly string[]): boolean => [...values].every((value) => pair.includes(value))
  if (kindOf(column) === 'number') return all(['0', '1']) ? { truth: [1, 0] } : null
  const pair = TRUTHS.find((one) => all(one))
  return pair === undefined ? null : { truth: pair }
}

function proposeFlags(draft: Draft): void {
  for (const role of ['deleted', 'dead'] as const) {
    const column = draft.roles[role]
    const truth = column && truthOf(column, draft.rows)
    if (column === undefined || truth === undefined || truth === null) continue
    if (truth !== 'boolean') draft.forms[column.name] = truth
    const more = truth === 'boolean' || !('truth' in truth) ? say('because.type') : ofValues(truth.truth)
    const says = say(`says.${role}`, { column: column.name })
    draft.guesses.push({
      ...{ at: role === 'deleted' ? 'deleted' : 'states', says },
      ...{ evidence: byNameAnd(more), confidence: FROM_NAME },
    })
  }
}

function codeMeanings({ roles, rows }: Draft): readonly CodeMeaning[] {
  const { state, attempts, lastError, sent } = roles
  if (state === undefined) return []
  const columns = {
    ...{ state: state.name, attempts: attempts?.name ?? null },
    ...{ lastError: lastError?.name ?? null, sent: sent?.name ?? null },
  }
  return meaningsOf(rows, columns, state)
}

function keyOf({ table, guesses }: Draft): Mapping['key'] {
  const [key] = table.keys
  const [first, ...more] = key ?? []
  if (key === undefined || first === undefined) {
    guesses.push({
      at: 'key',
      says: say('says.no-key'),
      evidence: say('because.not-unique'),
      confidence: FROM_KEY,
    })
    return { none: table.columns.slice(0, 3).map(({ name }) => name) }
  }
  guesses.push({ at: 'key', says: key.join(', '), evidence: say('because.unique'), confidence: FROM_KEY })
  return more.length === 0 ? first : key
}

function messageIdOf({ roles, guesses }: Draft, key: Mapping['key']): Mapping['messageId'] {
  const { messageId } = roles
  if (messageId !== undefined) {
    guesses.push({ at: 'messageId', says: messageId.name, evidence: BY_NAME, confidence: FROM_NAME })
    return messageId.name
  }
  guesses.push({
    at: 'messageId',
    says: say('says.the-key'),
    evidence: say('because.no-better'),
    confidence: FROM_NAME,
  })
  if (typeof key === 'string') return key
  const columns = 'none' in key ? key.none : key
  return { concat: columns.flatMap((column, at) => (at === 0 ? [{ column }] : ['/', { column }])) }
}

function fieldsOf(draft: Draft, companions: ProposedCompanions): Partial<Mapping> {
  const { roles, forms } = draft
  const named = (role: Role, at: string): string | null => {
    const column = roles[role]
    if (column === undefined) return null
    draft.guesses.push({ at, says: column.name, evidence: BY_NAME, confidence: FROM_NAME })
    return column.name
  }
  const type = named('type', 'type')
  const exchange = named('exchange', 'destination.exchange')
  const routingKey = named('routingKey', 'destination.routingKey')
  const headers = named('headers', 'headers')
  const chainKey = named('chainKey', 'chain.key')
  const lastError = named('lastError', 'lastError')
  const { deleted } = roles
  const isDeleted =
    deleted !== undefined && (forms[deleted.name] !== undefined || kindOf(deleted) === 'boolean')
  return {
    ...(type === null ? {} : { type }),
    ...(chainKey === null ? {} : { chain: { key: chainKey } }),
    ...(exchange === null && routingKey === null
      ? {}
      : {
          destination: {
            ...(exchange === null ? {} : { exchange }),
            ...(routingKey === null ? {} : { routingKey }),
          },
        }),
    ...(headers === null ? {} : { headers: { value: headers } }),
    ...(lastError === null ? companions.lastError : { lastError }),
    ...(isDeleted ? { deleted: { column: deleted.name, equals: true } } : {}),
    ...payloadOf(draft, companions),
    ...attemptsOf(draft, companions),
    ...leaseOf(draft),
  }
}

function payloadOf({ roles, rows, guesses }: Draft, companions: ProposedCompanions): Partial<Mapping> {
  const { payload } = roles
  if (payload === undefined) return companions.payload
  const json = kindOf(payload) === 'json' || rows.every((row) => /^\s*[[{]/.test(row[payload.name] ?? '{'))
  const encoding = kindOf(payload) === 'bytes' ? 'bytea' : json ? 'json' : 'text'
  const evidence = byNameAnd(kindOf(payload) === 'text' ? say('because.begins') : say('because.type'))
  guesses.push({
    at: 'payload',
    says: written(payload.name, encoding),
    evidence,
    confidence: FROM_VALUES,
  })
  return { payload: { value: payload.name, encoding } }
}

/** What the counter says before the first attempt: the least that the sample holds. */
export function attemptsStart({ roles, rows }: Pick<Draft, 'roles' | 'rows'>): number {
  const { attempts } = roles
  if (attempts === undefined || rows.length === 0) return 0
  return Math.min(...rows.map((row) => Number(row[attempts.name] ?? 0))) >= 1 ? 1 : 0
}

function attemptsOf(draft: Draft, companions: ProposedCompanions): Partial<Mapping> {
  const { roles, guesses } = draft
  const limit = roles.attemptsLimit === undefined ? {} : { limit: roles.attemptsLimit.name }
  if (roles.attempts === undefined) {
    const { attempts } = companions
    return attempts === null ? {} : { attempts: { value: attempts, ...limit } }
  }
  const startsAt = attemptsStart(draft)
  const says = say('says.from', { column: roles.attempts.name, start: startsAt })
  guesses.push({ at: 'attempts', says, evidence: byNameAnd(say('because.least')), confidence: FROM_NAME })
  return { attempts: { value: roles.attempts.name, ...(startsAt === 0 ? {} : { startsAt }), ...limit } }
}

function leaseOf({ roles, rows, forms, guesses }: Draft): Partial<Mapping> {
  const { leaseUntil: until, leaseHolder: holder } = roles
  if (until !== undefined) {
    const guess = timeGuess(until, rows)
    if (guess === null) return {}
    if (guess.form !== null) forms[until.name] = guess.form
    guesses.push({
      at: 'lease',
      says: until.name,
      evidence: byNameAnd(guess.evidence),
      confidence: FROM_NAME,
    })
    const held = { column: until.name, above: { is: 'now' as const } }
    return { lease: { ...(holder === undefined ? {} : { holder: holder.name }), until: until.name, held } }
  }
  if (holder === undefined) return {}
  guesses.push({
    at: 'lease',
    says: say('says.is-set', { column: holder.name }),
    evidence: BY_NAME,
    confidence: FROM_NAME,
  })
  return { lease: { holder: holder.name, held: { column: holder.name, isNull: false } } }
}

function isFlag(column: SurveyedColumn, forms: Draft['forms']): boolean {
  return forms[column.name] !== undefined || kindOf(column) === 'boolean'
}

/** Back to what a row is before its first attempt. Only where the data tells both ends of that way. */
function retryOf(
  { roles, forms, times, rows, guesses }: Draft,
  meanings: readonly CodeMeaning[],
  states: Mapping['states'],
): ActionProfile | null {
  if (!states.some(({ state }) => state === 'failed')) return null
  const pending = [...meanings].filter(({ state }) => state === 'pending').sort((a, b) => b.rows - a.rows)[0]
  if (roles.state !== undefined && pending === undefined) return null
  const set: Record<string, Value> = {}
  const { state, dead, attempts, lastError, nextAttempt, leaseUntil, leaseHolder } = roles
  if (state !== undefined && pending !== undefined) set[state.name] = literalOf(state, pending.code)
  if (dead !== undefined && isFlag(dead, forms)) set[dead.name] = false
  if (attempts !== undefined) set[attempts.name] = attemptsStart({ roles, rows })
  if (nextAttempt !== undefined && times.nextAttempt !== undefined) set[nextAttempt.name] = { is: 'now' }
  for (const column of [lastError, leaseUntil, leaseHolder])
    if (column?.nullable === true) set[column.name] = null
  if (Object.keys(set).length === 0) return null
  guesses.push({
    ...{ at: 'retry', says: say('says.sets', { columns: Object.keys(set).join(', ') }) },
    ...{ evidence: say('because.untried'), confidence: FROM_NAME },
  })
  return { from: ['failed'], set }
}

const WEIGHTS = { payload: 0.25, states: 0.35, key: 0.15, address: 0.15, times: 0.1 }

function scoreOf(mapping: Mapping, meanings: readonly CodeMeaning[]): number {
  const rows = meanings.reduce((sum, one) => sum + one.rows, 0)
  const told = meanings.reduce((sum, one) => sum + (one.state === null ? 0 : one.rows), 0)
  const known =
    meanings.length === 0 ? Number(mapping.times.sent !== undefined) : rows === 0 ? 0.5 : told / rows
  const parts = [
    mapping.payload === undefined ? 0 : WEIGHTS.payload,
    known * WEIGHTS.states,
    typeof mapping.key === 'object' && 'none' in mapping.key ? 0 : WEIGHTS.key,
    mapping.destination === undefined && mapping.type === undefined ? 0 : WEIGHTS.address,
    mapping.times.created === undefined ? 0 : WEIGHTS.times,
  ]
  return Math.round(parts.reduce((sum, one) => sum + one, 0) * SCORE_MAX * 100) / 100
}
