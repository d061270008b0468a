import { nothingSent } from './sentences.ts'
import type { Sentences } from './sentences.ts'

const nothingTouched = 'No message was touched.'

/** Errors of dead letters. */
export const deadLetterSentences = {
  'queue-missing': {
    what: 'The broker has no queue "{queue}".',
    means: nothingTouched,
    next: 'Check the name; it may have been deleted, or be in another virtual host.',
  },
  'look-refused': {
    what: 'Redrive does not read messages of "{queue}": {refusal}.',
    means:
      nothingTouched +
      ' may-delete: a quorum queue counts each return and drops a message at its delivery limit, and AMQP cannot show that there is none. is-stream: nothing leaves a stream. Any other word is a cost that was not agreed to.',
    next: 'For a quorum queue move the letters to a classic queue (a shovel keeps every byte) and look there; for a new cost look at the queue again.',
  },
  'look-missing': {
    what: 'What {look} found is no longer kept.',
    means: 'Another look into this queue took its place, or Redrive was started anew. Nothing was planned.',
    next: 'Look into the queue again, then plan from that.',
  },
  'header-damaged': {
    what: 'A header of this message cannot be read and written again without loss.',
    means: 'It was left out and stays in its queue: an integer beyond 2^53, or text that is not UTF-8.',
    next: 'Move it with a shovel, which keeps every byte.',
  },
  'redriven-too-often': {
    what: 'This message came back to the dead letters after being redriven.',
    means:
      'It is held for a person and stays in its queue: one more time would most likely end the same way.',
    next: 'Mend the consumer or discard the message; to redrive it all the same, plan with what is held.',
  },
  'redriven-already': {
    what: 'This message was redriven before, or may have been.',
    means:
      'It was left out and is still there: a topic keeps its records, and a queue gets back what a process held that ended too early. Of a record from before a restore nobody knows.',
    next: 'In a queue, discard it. To redrive it once more, plan with a reason for it.',
  },
  'discarded-already': {
    what: 'This record was discarded.',
    means: 'It is still in its topic and marked as needing no delivery. It was left out.',
    next: 'To redrive it all the same, restore it first.',
  },
  'origin-unknown': {
    what: 'The message does not tell where it came from.',
    means: 'It was left out and stays in its queue.',
    next: 'Choose a destination for it.',
  },
  'no-dead-letters': {
    what: 'Redrive reads no dead letters of the broker "{broker}".',
    means: nothingSent,
    next: 'Choose a broker of RabbitMQ or Kafka.',
  },
} as const satisfies Readonly<Record<string, Sentences>>
