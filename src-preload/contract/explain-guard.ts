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
  'role-forbids': {
    what: 'You are here as {role}; this needs {needed}.',
    means: 'Nothing was done.',
    next: 'Ask somebody who has that role, or an administrator for it ("redrive operators list" says who has which).',
  },
  'operator-unknown': {
    what: 'Nobody has a token under "{name}", and no token has that id.',
    means: 'Nothing was taken back.',
    next: '"redrive operators list" shows names and ids.',
  },
  'session-over': {
    what: 'The session of {operator} is over.',
    means: 'Nothing was done by this.',
    next: 'Log in again; if the token was taken back, ask an administrator.',
  },
  'unlock-too-long': {
    what: 'A source of {environment} may be unlocked for {max} minutes at a time, not for {minutes}.',
    means: 'It stays read-only.',
    next: 'Unlock it for less, and again when that is over; the policies of the workspace file set the limit.',
  },
} satisfies Partial<Record<ErrorCode, Sentences>>
