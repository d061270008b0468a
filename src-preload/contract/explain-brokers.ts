import type { Sentences } from './sentences.ts'

const nothingTouched = 'Nothing was read and nothing was touched.'

/** Errors of looking into brokers. */
export const brokerSentences = {
  'no-topics': {
    what: 'The broker "{broker}" has no topics and no consumer groups.',
    means: nothingTouched,
    next: 'Choose a broker of Kafka.',
  },
  'no-queues': {
    what: 'The broker "{broker}" has no queues.',
    means: nothingTouched,
    next: 'Choose a broker of RabbitMQ.',
  },
  'not-a-stream': {
    what: '"{queue}" is no stream, its type is {type}: reading its messages would take them out.',
    means: nothingTouched,
    next: 'Choose a stream. Where the type is unknown, the broker tells it only to a user who may configure the queue.',
  },
  'group-missing': {
    what: 'The broker knows no consumer group "{group}", or this user may not see it.',
    means: 'It was not made and nothing was committed.',
    next: 'Check the name; a group that has been empty for long is forgotten by the broker.',
  },
  'reading-missing': {
    what: 'What {reading} found is no longer kept.',
    means: 'Later readings took its place, or Redrive was started anew.',
    next: 'Read the topic again.',
  },
  'management-missing': {
    what: 'No address of the management API is written for this broker.',
    means: 'AMQP itself cannot list queues, so that none are shown. Nothing was asked.',
    next: 'Add "management": "http://host:15672" to the broker in the workspace file. A user with the tag "monitoring" and no permissions is enough.',
  },
  'management-absent': {
    what: '{server} does not answer as the management API of RabbitMQ: {reason}.',
    means: nothingTouched,
    next: 'Check the address and the port, and that the plugin rabbitmq_management is enabled on the broker.',
  },
} as const satisfies Readonly<Record<string, Sentences>>
