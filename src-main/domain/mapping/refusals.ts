import { RedriveError } from '../errors.ts'
import type { Mapping, Refusable, Refusal, RelayModel } from './mapping.ts'

/** Why the layout does not allow an action, and what to do instead; null: it does. Says nothing of a single row. */
export function refusalOf(mapping: Mapping, action: Refusable): Refusal | null {
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
        : { reason: mapping.payload.fixed, instead: 'Have the producer store a corrected message.' }
  }
}

/** Throws RedriveError `action-refused`. */
export function requireAction(mapping: Mapping, action: Refusable): void {
  const refusal = refusalOf(mapping, action)
  if (refusal === null) return
  throw new RedriveError('action-refused', 'never', { action, ...refusal })
}

const RESEND_WITHOUT_TOKEN: Refusal = {
  reason:
    'the layout has no column in which Redrive could leave its claim, so another process may send it at the same time',
  instead: 'Use retry: the services’ own relay sends the message.',
}

const RESOLVE_UNKNOWN: Refusal = {
  reason: 'the mapping does not say how this layout marks a message that needs no delivery',
  instead: 'Complete "resolve" in the mapping.',
}

function severalMessages({ payload }: Mapping): Refusal | null {
  if (payload?.messages === undefined) return null
  return {
    reason: 'one row holds several messages, and some of them may have been delivered',
    instead: 'Use retry: the services’ own relay knows how to send the rest.',
  }
}

const MAPPING_SAYS_NOT: Refusal = {
  reason: 'the mapping does not say how a row is handed back to its relay',
  instead: 'Complete "retry" in the mapping.',
}

const RETRY_BY_RELAY: Readonly<Record<RelayModel, Refusal>> = {
  poller: MAPPING_SAYS_NOT,
  cdc: {
    reason: 'the relay reads inserts from the log of the database and never sees a changed row',
    instead: 'Insert a copy of the row; where consumers tell duplicates by the message id, keep it.',
  },
  'in-process': {
    reason: 'nothing polls this table; the application sends from its own memory',
    instead: 'Restart the application, or call its own interface for resubmission.',
  },
  redelivery: {
    reason: 'the row goes out only when the broker delivers the incoming message again',
    instead: 'Have the incoming message redelivered.',
  },
  'external-api': {
    reason: 'another server owns the state of this row',
    instead: 'Use that server’s own interface.',
  },
  none: {
    reason: 'no relay reads this table',
    instead: 'Nothing has to be sent from here.',
  },
}
