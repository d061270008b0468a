import type { MessageState } from '../message.ts'
import { say } from '../text.ts'
import type { CodeMeaning } from './codes.ts'
import type { Mapping } from './mapping.ts'
import { literalOf } from './propose-draft.ts'
import type { Draft } from './propose-draft.ts'
import { kindOf } from './roles.ts'
import type { MappingPredicate } from './values.ts'

type Rule = Mapping['states'][number]

const FROM_TIME = 0.7
const FROM_LIMIT = 0.6

/** First what is over, then what went wrong, then what is on its way: a code tells less the earlier it is. */
const FIRST: readonly MessageState[] = ['sent', 'discarded', 'expired']
const THEN: readonly MessageState[] = [
  'failed',
  'in-flight',
  'retrying',
  'waiting-confirm',
  'scheduled',
  'pending',
]

export function statesFrom(draft: Draft, meanings: readonly CodeMeaning[]): readonly Rule[] {
  const { state } = draft.roles
  const rules = state === undefined ? fromTimes(draft) : fromCodes(draft, meanings)
  // Nothing is called by a name that nothing speaks for.
  return rules.length > 0 ? rules : [{ state: 'unknown', when: { all: [] } }]
}

function fromCodes(draft: Draft, meanings: readonly CodeMeaning[]): readonly Rule[] {
  const { roles, guesses } = draft
  const column = roles.state
  if (column === undefined) return []
  for (const { code, rows, state, evidence, confidence } of meanings) {
    const of = { column: column.name, code, rows }
    const says = state === null ? say('says.code-untold', of) : say('says.code', { ...of, state })
    guesses.push({ at: 'states', says, evidence, confidence })
  }
  const ofState = (state: MessageState): readonly Rule[] => {
    const codes = meanings.filter((one) => one.state === state).map((one) => literalOf(column, one.code))
    const [only, ...more] = codes
    if (only === undefined) return []
    const when: MappingPredicate =
      more.length === 0 ? { column: column.name, equals: only } : { column: column.name, in: codes }
    return [{ state, when }]
  }
  return [...FIRST.flatMap(ofState), ...givenUp(draft), ...THEN.flatMap(ofState)]
}

/** A flag that says so, or a counter that has reached the row's own limit. */
function givenUp({ roles, forms, guesses }: Draft): readonly Rule[] {
  const { dead, attempts, attemptsLimit } = roles
  const flagged = dead !== undefined && (forms[dead.name] !== undefined || kindOf(dead) === 'boolean')
  const rules: Rule[] = flagged ? [{ state: 'failed', when: { column: dead.name, equals: true } }] : []
  if (attempts === undefined || attemptsLimit === undefined) return rules
  const says = say('says.limit', { column: attempts.name, limit: attemptsLimit.name })
  guesses.push({ at: 'states', says, evidence: say('because.names'), confidence: FROM_LIMIT })
  const when: MappingPredicate = { column: attempts.name, atLeast: { column: attemptsLimit.name } }
  return [...rules, { state: 'failed', when }]
}

/** Without a status the times are all there is. */
function fromTimes(draft: Draft): readonly Rule[] {
  const { times, guesses, roles } = draft
  if (times.sent === undefined) return []
  guesses.push({
    ...{ at: 'states', says: say('says.sent-once', { column: times.sent }) },
    ...{ evidence: say('because.no-status'), confidence: FROM_TIME },
  })
  const waits: readonly Rule[] =
    times.nextAttempt === undefined
      ? []
      : [{ state: 'scheduled', when: { column: times.nextAttempt, above: { is: 'now' } } }]
  const tried: readonly Rule[] =
    roles.attempts === undefined
      ? []
      : [{ state: 'retrying', when: { column: roles.attempts.name, above: 0 } }]
  const sent: Rule = { state: 'sent', when: { column: times.sent, isNull: false } }
  return [sent, ...givenUp(draft), ...waits, ...tried, { state: 'pending', when: { all: [] } }]
}
