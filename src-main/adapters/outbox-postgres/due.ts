import { CLAIM_TOKEN_BEGINS, CLAIM_TOKEN_ENDS } from '../../domain/claim-token.ts'
import { messageStates } from '../../domain/message.ts'
import type { MessageState } from '../../domain/message.ts'
import type { DueRule } from '../../ports/due.ts'
import { DUE_LIMIT_MAX } from '../../ports/due.ts'
import type { Params } from './compile.ts'
import type { Parts } from './parts.ts'

/**
 * Conditions on a row under the alias `t`. What waits and what is in flight are apart, because each is one range of the
 * index on open rows, in the order of the ids.
 */
export interface DueConditions {
  readonly waits: string
  readonly isInFlight: string
  /** For rows that wait: their time has come. */
  readonly reached: string
  /** For rows in flight: nobody has touched them for long. */
  readonly silent: string
  readonly attemptsLeft: string
  /** No claim of Redrive stands in it. */
  readonly unclaimed: string
  /** Nothing has ended it: a person or a relay still has to do something. */
  readonly unfinished: string
  /** Wider than `unfinished`, and an index on the chain can tell it without the row. */
  readonly unsent: string
}

const WAITING: ReadonlySet<MessageState> = new Set(['pending', 'scheduled', 'retrying'])
const FINISHED: ReadonlySet<MessageState> = new Set(['sent', 'discarded'])

export function dueConditions(
  { mapping, sql }: Pick<Parts, 'mapping' | 'sql'>,
  rule: DueRule,
  params: Params,
): DueConditions {
  const { created, updated, nextAttempt } = mapping.times
  const among = (states: ReadonlySet<MessageState>): string => {
    const branches = sql.branches(params, states).map(({ condition }) => `(${condition})`)
    return branches.length === 0 ? 'false' : `(${branches.join(' or ')})`
  }
  const seconds = params.add(String(rule.stuckAfterSec), 'seconds')
  const silent =
    `coalesce(${sql.column(updated)}, ${sql.column(created)}) ` +
    `<= now() - make_interval(secs => ${seconds}::float8)`
  const due = sql.column(nextAttempt)
  const attempts = sql.column(mapping.attempts.column)
  const token = sql.column(mapping.tokenColumn)
  const pattern = `${escapeLike(CLAIM_TOKEN_BEGINS)}%${escapeLike(CLAIM_TOKEN_ENDS)}%`
  return {
    waits: among(WAITING),
    isInFlight: among(new Set(['in-flight'])),
    reached: `case when ${due} is null then ${silent} else ${due} <= now() end`,
    silent,
    attemptsLeft: `${attempts} < ${params.add(String(rule.attemptsMax), mapping.attempts.column)}`,
    unclaimed: `(${token} like ${params.add(pattern, 'claimed')} escape '!') is not true`,
    unfinished: messageStates
      .filter((state) => FINISHED.has(state) && mapping.states.some((one) => one.state === state))
      .map((state) => `not (${sql.isState(state, params)})`)
      .join(' and '),
    unsent: `(${among(new Set(['sent']))}) is not true`,
  }
}

/** At most what one statement may take. */
export function limitOf({ limit }: DueRule): number {
  return Math.max(0, Math.min(DUE_LIMIT_MAX, Math.floor(limit)))
}

function escapeLike(text: string): string {
  return text.replace(/[!%_]/g, '!$&')
}
