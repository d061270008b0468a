import { nothingSent } from './sentences.ts'
import type { Sentences } from './sentences.ts'

export const evidenceSentences = {
  'already-consumed': {
    what: 'The receiver has consumed this message already.',
    means: 'It was not sent again: its effect has taken place.',
    next: 'Resolve it. To send it all the same, plan the resend with consumed messages included and give a reason.',
  },
  'evidence-unreachable': {
    what: 'Where consumption is proved could not be asked: {reason}.',
    means: 'Nobody knows whether the receiver has consumed these messages. ' + nothingSent,
    next: "Check the receiver's database and this source's evidence; then try again.",
  },
  'evidence-not-mapped': {
    what: 'The source "{source}" does not say where its receiver writes down what it has consumed.',
    means: 'Only what is stored and sent can be compared. ' + nothingSent,
    next: 'Map the evidence: a companion of the mapping, or "evidence" of this source in the workspace.',
  },
} satisfies Readonly<Record<string, Sentences>>
