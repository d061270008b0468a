import { nothingSent } from './sentences.ts'
import type { Sentences } from './sentences.ts'

export const halfMessageSentences = {
  'check-back-not-set': {
    what: 'The source "{source}" does not say how the producer of its half messages is asked.',
    means: 'Its half messages wait for whoever asks. ' + nothingSent,
    next: 'Write "checkBack" of this source in the workspace file.',
  },
  'id-not-typed': {
    what: 'The message id was not typed as it is: {messageId}.',
    means: 'Nothing was decided.',
    next: "Look at the message, then type its id to decide in its producer's place.",
  },
} satisfies Readonly<Record<string, Sentences>>
