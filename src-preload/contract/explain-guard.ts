import type { ErrorCode } from './errors.ts'
import { nothingSent } from './sentences.ts'
import type { Sentences } from './sentences.ts'

/** Sentences of the rules that a workspace sets for an environment. */
export const guardSentences = {
  'approval-required': {
    what: 'This needs a second person: {reason}.',
    means: nothingSent,
    next: 'Give the plan file to an approver ("redrive approve PLAN"), hand their approval in, then run the plan.',
  },
  'approval-invalid': {
    what: 'The approval does not count: {reason}.',
    means: 'It was not taken. ' + nothingSent,
    next: 'Have an approver of the workspace, who neither made nor runs the plan, sign this very plan file.',
  },
  'approval-impossible': {
    what: 'This needs a second person, and there is no plan that one could sign: {reason}.',
    means: 'Nothing was changed.',
    next: 'Choose fewer messages, or wait until the last hour is over.',
  },
  'limit-reached': {
    what: 'A limit of the workspace is reached: {reason}.',
    means: 'Nothing more is sent for now. What was on its way was waited for.',
    next: 'Choose fewer messages, or wait until the hour is over where it is used up; the limit is in the policies of the workspace file.',
  },
  'hours-forbidden': {
    what: 'Now is not the time: {reason}.',
    means: 'Nothing more is sent for now. What was on its way was waited for.',
    next: 'Go on when those hours are over; they are in the policies of the workspace file.',
  },
  'policy-forbids': {
    what: 'The workspace does not let a page change this: {reason}.',
    means: 'Nothing was saved.',
    next: 'Whoever keeps the workspace file can change it there.',
  },
} satisfies Partial<Record<ErrorCode, Sentences>>
