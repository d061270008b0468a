import type { ErrorCode } from './errors.ts'
import { nothingSent } from './sentences.ts'
import type { Sentences } from './sentences.ts'

/** Sentences of plans, jobs, sweeps, decisions and audits. */
export const jobSentences = {
  'plan-invalid': {
    what: 'This is not a plan that Redrive can read: {reason}.',
    means: nothingSent,
    next: 'Make the plan anew with "redrive plan resend".',
  },
  'plan-digest-mismatch': {
    what: 'The plan was changed after it was made: its digest does not fit its content.',
    means: nothingSent,
    next: 'Make the plan anew. A plan cannot be edited by hand.',
  },
  'plan-not-confirmed': {
    what: 'The plan was not confirmed by its digest.',
    means: nothingSent,
    next: 'Read the plan, then run it with --confirm {digest}.',
  },
  'plan-empty': {
    what: 'There is nothing to resend in this selection.',
    means: nothingSent,
    next: 'Choose messages that are pending, in flight or failed.',
  },
  'plan-too-large': {
    what: 'The selection holds more than {limit} messages.',
    means: nothingSent,
    next: 'Narrow the filter and make several plans.',
  },
  'plan-not-found': {
    what: 'There is no plan {plan} in this store.',
    means: nothingSent,
    next: 'Make the plan anew, or import its file.',
  },
  'plan-already-run': {
    what: 'This plan was run already, as {job}.',
    means: 'A plan runs once, so nothing was sent twice.',
    next: 'Look at that job. For what is still in trouble, make a new plan.',
  },
  'plan-import-unknown': {
    what: 'This engine is not taking in such a plan file (any more).',
    means: 'The plan was not kept. ' + nothingSent,
    next: 'Import the file again from its beginning.',
  },
  'patch-invalid': {
    what: 'This is no JSON Patch: {reason}.',
    means: nothingSent,
    next: 'Write a list of operations, as RFC 6902 describes: [{"op": "replace", "path": "/amount", "value": 12}].',
  },
  'patch-failed': {
    what: 'The patch does not fit the payload of {id}: {reason}.',
    means: 'That message is left out. ' + nothingSent,
    next: 'Correct the path or the test of the patch, or leave such messages out of the selection.',
  },
  'payload-invalid': {
    what: 'The payload of {id} does not fit its schema: {problem}.',
    means: 'That message is left out. ' + nothingSent,
    next: 'Correct the edit, so that receivers get what they expect.',
  },
  'edit-changes-nothing': {
    what: 'The edit leaves the payload of {id} as it is.',
    means: nothingSent,
    next: 'Change the payload, or resend the message without an edit.',
  },
  'payload-masked': {
    what: 'Rules of {source} mask a part of this payload: {reason}.',
    means: nothingSent,
    next: 'Unmask the message with a reason, then go on; "redrive plan resend" takes --unmask REASON. A plain resend sends it as stored.',
  },
  'destination-invalid': {
    what: 'No message can be sent there: {problem}.',
    means: nothingSent,
    next: 'Correct the exchange or the routing key; each has at most 255 bytes.',
  },
  'job-not-found': {
    what: 'There is no job {job} in this store.',
    means: nothingSent,
    next: 'List the jobs to find its id.',
  },
  'job-busy': {
    what: 'Another Redrive process is working on {job}.',
    means: 'This process keeps its hands off it.',
    next: 'Follow the job there, or wait until it ends.',
  },
  'job-state-forbids': {
    what: 'The job {job} is {state}; that cannot be done to it.',
    means: nothingSent,
    next: 'Look at the job again.',
  },
  'brake-pulled': {
    what: 'The brake was pulled: {reason}.',
    means: 'Nothing more is being published. What was on its way was waited for.',
    next: 'Look at the messages that failed; then continue the job, or cancel it.',
  },
  'count-not-typed': {
    what: 'The source is production: the number of messages must be typed ({count}).',
    means: nothingSent,
    next: 'Type the number that the plan shows.',
  },
  'name-not-typed': {
    what: 'The source is production: its name must be typed ({source}).',
    means: nothingSent,
    next: 'Type the name of the source as it is shown.',
  },
  'source-locked': {
    what: '{source} is read-only.',
    means: nothingSent,
    next: 'Unlock it for a limited time, then act.',
  },
  'reason-required': {
    what: 'A reason is needed.',
    means: nothingSent,
    next: 'Say why in a few words; it is kept in the journal.',
  },
  'decision-not-found': {
    what: 'There is no decision {decision} in this store.',
    means: 'No row was changed.',
    next: 'Look into the journal for its id.',
  },
  'undo-too-late': {
    what: 'The row was changed after the decision, or the decision is no longer in force.',
    means: 'It was left as it is.',
    next: 'Look at the message; decide anew if it is still in trouble.',
  },
  'process-ended': {
    what: 'Redrive ended before this was finished.',
    means: 'What had been handed to the broker without an answer is unknown; the rest was not sent.',
    next: 'Settle unknown outcomes, then continue the job.',
  },
  'sweep-busy': {
    what: 'A sweep of {source} is running already.',
    means: 'Only one runs at a time; that one goes on.',
    next: 'Wait until it ends, or stop it.',
  },
  'sweep-not-found': {
    what: 'There is no run {run} of a sweep in this store.',
    means: 'Only the newest runs of each source are kept.',
    next: 'Look into the journal for what it did.',
  },
  'audit-not-found': {
    what: 'There is no audit {audit} in this store.',
    means: 'Only the newest audits of each source are kept; the journal keeps the digest of every report.',
    next: 'List the audits to find its id, or run a new one.',
  },
  'audit-busy': {
    what: 'An audit of {source} is running already.',
    means: 'Only one runs at a time; that one goes on.',
    next: 'Wait until it ends, or cancel it.',
  },
  'audit-running': {
    what: 'The audit {audit} has not ended.',
    means: 'It has no verdict and no report yet.',
    next: 'Wait until it ends, or cancel it.',
  },
  'chain-not-mapped': {
    what: 'The outbox of {source} has no chains that Redrive can check.',
    means: 'Nothing was audited: this does not mean that no message is missing.',
    next: 'Say in the mapping which columns hold the ordering key and the number or the previous id.',
  },
  'chain-audit-unavailable': {
    what: 'Chains of {source} cannot be audited: that needs what only PostgreSQL tells of open transactions.',
    means: 'Nothing was audited: this does not mean that no message is missing.',
    next: 'Compare what was stored, sent and consumed instead: redrive audit --places.',
  },
  'event-search-unavailable': {
    what: 'Events of {source} cannot be compared: only outboxes in PostgreSQL can be searched for that.',
    means: 'Nothing was compared: this does not mean that no event is there twice.',
    next: 'Compare them in the database itself, by the fields of the fingerprint.',
  },
  'finding-not-found': {
    what: 'There is no finding {seq} in the audit {audit}.',
    means: nothingSent,
    next: 'Look at the findings of the audit again.',
  },
  'fingerprint-not-set': {
    what: 'The source {source} does not say what makes two messages the same business event.',
    means: 'Nothing was compared: this does not mean that no event is there twice.',
    next: 'Write outbox.fingerprint into the workspace: the fields that tell an event, and windowSec.',
  },
  'time-not-mapped': {
    what: 'The outbox does not say when a message was stored.',
    means:
      'Nothing was compared: without a time there is no window in which two messages are the same event.',
    next: 'Say in the mapping which column holds the time of creation.',
  },
} satisfies Partial<Record<ErrorCode, Sentences>>
