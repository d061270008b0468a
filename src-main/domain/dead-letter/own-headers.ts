/** Headers that Redrive puts on what it redrives. They stay when the message dies again. */
export const own = {
  /** Stable: the same for every redrive of one message, so that a consumer can tell a second delivery. */
  id: 'x-redrive-id',
  /** How often it was redriven, with this one. */
  times: 'x-redrive-times',
  /** Id of the letter in the queue that this message was redriven from: with the job's it names one item. */
  letter: 'x-redrive-letter',
  originQueue: 'x-redrive-origin-queue',
  originExchange: 'x-redrive-origin-exchange',
  originKey: 'x-redrive-origin-routing-key',
  /** Of a record, in the place of queue, exchange and key. */
  originTopic: 'x-redrive-origin-topic',
  originPartition: 'x-redrive-origin-partition',
  originOffset: 'x-redrive-origin-offset',
  /** JSON text of what was taken off. */
  kept: 'x-redrive-kept',
} as const
