import { nothingSent } from './sentences.ts'
import type { Sentences } from './sentences.ts'

const nobodyAsked = 'Nobody was asked to resend anything.'

export const callbackSentences = {
  'callback-not-configured': {
    what: 'The source "{source}" has no "{part}" in the workspace.',
    means: `${nobodyAsked} ${nothingSent}`,
    next: 'Say under "callback" of this source where its confirmations are, and how its sender is asked to resend.',
  },
  'callback-not-running': {
    what: 'The callback service of "{source}" is not running, or has not stored yet all that the broker holds.',
    means:
      'Confirmations may be waiting in the broker, so nobody can say which messages are unconfirmed. ' +
      nobodyAsked,
    next: 'Start "redrive callback --source {source}" on this machine, wait until it has caught up, then try again.',
  },
  'callback-places-missing': {
    what: 'The broker "{broker}" has no {places}.',
    means: 'Without it no confirmation can be stored. Nothing was made.',
    next: 'Have it made by whoever owns the broker, or start "redrive callback --source {source} --declare".',
  },
  'callback-busy': {
    what: 'Another callback service of "{source}" is at work on this machine.',
    means: 'That one goes on; this one has stored and asked nothing.',
    next: 'End the other one first, or leave it at work.',
  },
} satisfies Readonly<Record<string, Sentences>>
