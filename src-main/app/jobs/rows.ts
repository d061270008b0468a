import { deadLetterPlace } from '../../domain/dead-letter/place.ts'
import type { Job } from '../../domain/job.ts'
import type { Outbox } from '../../ports/outbox.ts'
import type { Connections } from '../connections/connections.ts'
import { boxOf } from '../dead-letters/boxes.ts'
import { QueueRows } from '../dead-letters/queue-rows.ts'
import { TopicRows } from '../dead-letters/topic-rows.ts'
import type { EnginePorts } from '../engine-ports.ts'

/** What a job needs of the place that its messages are in: an outbox, or a queue or topic of dead letters. */
export interface Rows extends Pick<Outbox, 'claim' | 'claimDue' | 'mark'> {
  /** Of a queue of dead letters: which of these unsettled letters lie there now. Absent: it cannot be told. */
  present?(ids: readonly string[], signal: AbortSignal): Promise<ReadonlySet<string>>
}

/** Runs `work` on the rows of the job's source, queue or topic. What it took from a queue and did not use is put back at the end. */
export async function withRows<T>(
  { ports, connections }: { readonly ports: EnginePorts; readonly connections: Connections },
  job: Job,
  work: (rows: Rows) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const place = deadLetterPlace(job.source)
  if (place === null) {
    const breathe = (): Promise<void> => connections.breathe(job.source, signal)
    return connections.withOutbox(job.source, (outbox) => work(breathing(outbox, breathe)), signal)
  }
  const { broker } = await connections.brokerOf(job.source)
  const box = boxOf(place.broker, broker)
  if (box.is === 'topic') {
    const { recordLedger: ledger, jobStore: plans } = ports
    return work(new TopicRows({ topics: box.topics, topic: place.queue, job, ledger, plans }))
  }
  const hold = (until: AbortSignal) => box.deadLetters.hold(place.queue, until)
  const rows = new QueueRows({ jobReader: ports.jobReader, clock: ports.clock, job, hold })
  try {
    return await work(rows)
  } finally {
    await rows.close()
  }
}

/**
 * A claim waits while the database is slow; what was claimed before is published meanwhile. Marks never wait: they end what
 * has begun.
 */
function breathing(outbox: Outbox, breathe: () => Promise<void>): Rows {
  return {
    async claim(...request) {
      await breathe()
      return outbox.claim(...request)
    },
    async claimDue(...request) {
      await breathe()
      return outbox.claimDue(...request)
    },
    mark: (...request) => outbox.mark(...request),
  }
}
