import { RedriveError } from '../../domain/errors.ts'
import { forbiddenAt } from '../../domain/forbidden-hours.ts'
import type { EnvironmentPolicy } from '../../domain/policy.ts'
import { say } from '../../domain/text.ts'
import type { Text } from '../../domain/text.ts'
import type { Environment } from '../../domain/workspace.ts'
import type { Connections } from '../connections/connections.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { doneLately } from './lately.ts'
import type { Hourly } from './lately.ts'

export interface Rule {
  readonly environment: Environment
  readonly policy: EnvironmentPolicy
}

interface Looking {
  readonly ports: EnginePorts
  readonly connections: Connections
}

/** Throws `hours-forbidden`. */
export function requireHours({ clock }: Pick<EnginePorts, 'clock'>, { policy }: Rule): void {
  const found = forbiddenAt(policy.forbidden ?? [], clock.now())
  if (found === null) return
  const { from, to, timeZone } = found
  throw new RedriveError('hours-forbidden', 'later', { reason: say('guard.hours', { from, to, timeZone }) })
}

/** Throws `limit-reached` where one action is about more than the workspace lets one be. */
export function requireSize({ policy }: Rule, count: number): void {
  const limit = policy.limits?.perAction
  if (limit !== undefined && count > limit) throw reached('never', say('guard.per-action', { count, limit }))
}

/** How many more messages this hour has room for. */
export async function roomOf(looking: Looking, { environment, policy }: Rule): Promise<number> {
  const limit = policy.limits?.perHour
  return limit === undefined ? Number.MAX_SAFE_INTEGER : limit - (await doneLately(looking, environment))
}

/** Throws `limit-reached` where this hour has no room for so many messages. */
export async function requireRoom(looking: Looking, rule: Rule, count: number): Promise<void> {
  const limit = rule.policy.limits?.perHour
  if (limit === undefined || (await roomOf(looking, rule)) >= count) return
  throw reached('later', say('guard.per-hour', { limit }))
}

/** How much may be done within an hour, of whatever kind. */
export function hourlyOf({ policy }: Rule): readonly Hourly[] {
  const limit = policy.limits?.perHour
  if (limit === undefined) return []
  return [{ of: 'done', limit, refusal: () => reached('later', say('guard.per-hour', { limit })) }]
}

function reached(retry: 'never' | 'later', reason: Text): RedriveError {
  return new RedriveError('limit-reached', retry, { reason })
}
