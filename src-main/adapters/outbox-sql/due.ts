import { CLAIM_TOKEN_BEGINS, CLAIM_TOKEN_ENDS } from '../../domain/claim-token.ts'
import { messageStates } from '../../domain/message.ts'
import type { MessageState } from '../../domain/message.ts'
import type { DueRule } from '../../ports/due.ts'
import { DUE_LIMIT_MAX } from '../../ports/due.ts'
import { RedriveError } from '../../domain/errors.ts'
import { say } from '../../domain/text.ts'
import { resendOf } from './actions.ts'
import type { LookParts } from './parts.ts'
import type { Params } from './statement.ts'
import { touchedAt } from './times.ts'
import { secondsParam } from './values.ts'

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
  { mapping, sql }: Pick<LookParts, 'mapping' | 'sql'>,
  rule: DueRule,
  params: Params,
): DueConditions {
  const { tokenColumn } = resendOf(mapping)
  const among = (states: ReadonlySet<MessageState>): string => {
    const branches = sql.branches(params, states).map(({ condition }) => `(${condition})`)
    return branches.length === 0 ? 'false' : `(${branches.join(' or ')})`
  }
  const { dialect } = sql
  const frame = sql.frame(params)
  const touched = touchedAt(frame)
  const ago = (): string => dialect.ago(secondsParam(rule.stuckAfterSec, frame))
  const silent = touched === null ? 'false' : `${touched} <= ${ago()}`
  const now = dialect.now({ form: 'instant', zone: null }, null, null)
  const due = sql.time('nextAttempt', params)
  const attempts = sql.attempts(params)
  const token = sql.column(tokenColumn)
  const pattern = `${escapeLike(CLAIM_TOKEN_BEGINS)}%${escapeLike(CLAIM_TOKEN_ENDS)}%`
  return {
    waits: among(WAITING),
    isInFlight: among(new Set(['in-flight'])),
    reached: due === null ? silent : `case when ${due} is null then ${silent} else ${due} <= ${now} end`,
    silent,
    attemptsLeft:
      attempts === null
        ? 'true'
        : `${attempts} < ${dialect.wholeParam(params.add(String(rule.attemptsMax), 'attempts'))}`,
    unclaimed: `(${token} like ${params.add(pattern, 'claimed')} escape '!') is not true`,
    unfinished: messageStates
      .filter((state) => FINISHED.has(state) && mapping.states.some((one) => one.state === state))
      .map((state) => `not (${sql.isState(state, params)})`)
      .join(' and '),
    unsent: `(${among(new Set(['sent']))}) is not true`,
  }
}

/** A sweep takes its rows in the order of one column that grows. Throws RedriveError `action-refused` where there is none. */
export function keyColumn({ sql }: Pick<LookParts, 'sql'>): string {
  const [key] = sql.key.columns
  if (key !== undefined && sql.key.kind === 'integer') return sql.column(key.name)
  throw new RedriveError('action-refused', 'never', {
    action: 'resend',
    reason: say('refused.no-order'),
    instead: say('instead.by-hand'),
  })
}

/** Null where messages have no order. */
export function chainColumn({ mapping, sql }: Pick<LookParts, 'mapping' | 'sql'>): string {
  return sql.field(mapping.chain?.key, sql.newParams()) ?? sql.dialect.asText('null')
}

/** At most what one statement may take. */
export function limitOf({ limit }: DueRule): number {
  return Math.max(0, Math.min(DUE_LIMIT_MAX, Math.floor(limit)))
}

function escapeLike(text: string): string {
  return text.replace(/[!%_]/g, '!$&')
}
