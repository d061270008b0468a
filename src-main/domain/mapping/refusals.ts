import { RedriveError } from '../errors.ts'
import type { ActionProfile, HalfActionName, Mapping, RefusedByName, RelayModel } from './mapping.ts'
import { say } from '../text.ts'
import type { Words } from '../text.ts'

/** Why an action is not done, and what to do instead: the mapping says it, or the layout. */
export interface Refused {
  readonly reason: Words
  readonly instead: Words
}

/** Why the layout does not allow an action, and what to do instead; null: it does. Says nothing of a single row. */
export function refusalOf(mapping: Mapping, action: RefusedByName): Refused | null {
  const named = mapping.refuse?.[action]
  if (named !== undefined) return named
  // Redrive keeps its claims, and what was decided, beside the messages.
  const keptBeside = action === 'resend' || action === 'retry' || action === 'resolve'
  if (mapping.staged !== undefined && keptBeside) return null
  return BY_LAYOUT[action](mapping)
}

const BY_LAYOUT: Readonly<Record<RefusedByName, (mapping: Mapping) => Refused | null>> = {
  resend: (mapping) => (mapping.resend === undefined ? RESEND_WITHOUT_TOKEN : severalMessages(mapping)),
  retry: ({ retry, relay }) => (retry === undefined ? RETRY_BY_RELAY[relay.model] : null),
  resolve: ({ resolve }) => (resolve === undefined ? RESOLVE_UNKNOWN : null),
  'check-back': ({ halfMessages }) => (halfMessages === undefined ? NO_HALF_MESSAGES : null),
  edit: ({ payload }) =>
    payload?.fixed === undefined ? null : { reason: payload.fixed, instead: say('instead.corrected') },
}

/** Throws RedriveError `action-refused`. */
export function requireAction(mapping: Mapping, action: RefusedByName): void {
  const refusal = refusalOf(mapping, action)
  if (refusal === null) return
  throw new RedriveError('action-refused', 'never', { action, ...refusal })
}

/** What a decision, or the count of a check, writes. Throws RedriveError `action-refused`. */
export function halfProfileOf(mapping: Mapping, action: HalfActionName): ActionProfile {
  requireAction(mapping, 'check-back')
  const { commit, rollback, checks } = mapping.halfMessages ?? { commit: {}, rollback: {} }
  const profile = action === 'check' ? { set: checks?.set ?? {} } : { commit, rollback }[action]
  return { ...profile, from: ['waiting-confirm'] }
}

const NO_HALF_MESSAGES: Refused = {
  reason: say('refused.no-half-messages'),
  instead: say('instead.complete-half-messages'),
}

const RESEND_WITHOUT_TOKEN: Refused = { reason: say('refused.no-claim'), instead: say('instead.retry') }

const RESOLVE_UNKNOWN: Refused = {
  reason: say('refused.resolve-unsaid'),
  instead: say('instead.complete-resolve'),
}

function severalMessages({ payload }: Mapping): Refused | null {
  if (payload?.messages === undefined) return null
  return { reason: say('refused.several-messages'), instead: say('instead.retry-rest') }
}

const RETRY_BY_RELAY: Readonly<Record<RelayModel, Refused>> = {
  poller: { reason: say('refused.retry-unsaid'), instead: say('instead.complete-retry') },
  cdc: { reason: say('refused.cdc'), instead: say('instead.copy') },
  'in-process': { reason: say('refused.in-process'), instead: say('instead.restart') },
  redelivery: { reason: say('refused.redelivery'), instead: say('instead.redeliver') },
  'external-api': { reason: say('refused.external-api'), instead: say('instead.other-server') },
  none: { reason: say('refused.no-relay'), instead: say('instead.nothing') },
}
