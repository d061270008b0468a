import { RedriveError } from '../errors.ts'
import type { Mapping, Refusable, RelayModel } from './mapping.ts'
import { say } from '../text.ts'
import type { Words } from '../text.ts'

/** Why an action is not done, and what to do instead: the mapping says it, or the layout. */
export interface Refused {
  readonly reason: Words
  readonly instead: Words
}

/** Why the layout does not allow an action, and what to do instead; null: it does. Says nothing of a single row. */
export function refusalOf(mapping: Mapping, action: Refusable): Refused | null {
  const named = mapping.refuse?.[action]
  if (named !== undefined) return named
  switch (action) {
    case 'resend':
      return mapping.resend === undefined ? RESEND_WITHOUT_TOKEN : severalMessages(mapping)
    case 'retry':
      return mapping.retry === undefined ? RETRY_BY_RELAY[mapping.relay.model] : null
    case 'resolve':
      return mapping.resolve === undefined ? RESOLVE_UNKNOWN : null
    case 'edit':
      return mapping.payload?.fixed === undefined
        ? null
        : { reason: mapping.payload.fixed, instead: say('instead.corrected') }
  }
}

/** Throws RedriveError `action-refused`. */
export function requireAction(mapping: Mapping, action: Refusable): void {
  const refusal = refusalOf(mapping, action)
  if (refusal === null) return
  throw new RedriveError('action-refused', 'never', { action, ...refusal })
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
