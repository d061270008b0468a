import { own } from '../../domain/dead-letter/own-headers.ts'
import type { DeadLetterPlace } from '../../domain/dead-letter/place.ts'
import { RedriveError } from '../../domain/errors.ts'
import type { Job } from '../../domain/job.ts'
import { say } from '../../domain/text.ts'
import { publish } from '../../ports/broker.ts'
import type { Broker } from '../../ports/broker.ts'
import type { LookCost, QueueFacts } from '../../ports/dead-letters.ts'
import type { Connections } from '../connections/connections.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { announceLook } from './announce-look.ts'
import { boxFacts, boxOf } from './boxes.ts'
import { HELD_MAX } from './queue-rows.ts'

const WALK_BATCH = 200
/** A queue shows a message before it is on the broker's disk: what was seen counts when it has had time to get there. */
const ON_DISK_MS = 1_000
/**
 * What a process had handed to its connection when it ended can still come in for as long as the broker keeps that
 * connection: three heartbeats, of ten seconds each.
 */
export const UNDER_WAY_SEC_MAX = 30

export interface ArrivalsRequest {
  /** Queue in which the redriven copies are looked for. */
  readonly queue: string
  /** What the operator was told that it costs. */
  readonly costs: readonly LookCost[]
  /** The operator knows that nobody has taken a message out of the queue since the job began. */
  readonly untouched: boolean
}

/** What a look into a queue has found of a job. */
export interface Arrivals {
  readonly place: DeadLetterPlace
  /** Ids of letters whose copy of this job is in the queue: it was stored. */
  readonly ids: ReadonlySet<string>
  /**
   * The rest never arrived, if its outcome became unknown before this time; null: it may have, and have been consumed. Only
   * where nobody consumes, as the operator and the broker say, and the whole queue was seen while the broker took messages.
   */
  readonly restBefore: Date | null
}

/**
 * Looks for what a job over a queue of dead letters has sent, in the queue that it was sent to. To be there proves that it
 * arrived; not to be there proves nothing where a consumer may have taken it. It is a look like any other: announced,
 * agreed to, refused where it could cost a message, and everything is put back. Throws `action-refused` where a queue that
 * is said to be untouched has consumers, and `broker-blocked`.
 */
export async function lookForArrivals(
  { ports, connections }: { readonly ports: EnginePorts; readonly connections: Connections },
  job: Pick<Job, 'job' | 'broker'>,
  { queue, costs, untouched }: ArrivalsRequest,
  signal: AbortSignal,
): Promise<Arrivals> {
  const place = { broker: job.broker, queue }
  const broker = await connections.brokerNamed(job.broker)
  const box = boxOf(job.broker, broker)
  if (box.is === 'topic') {
    const [reason, instead] = [say('refused.look-for-records'), say('instead.read-topic')]
    throw new RedriveError('action-refused', 'never', { action: 'settle', reason, instead })
  }
  const facts = await boxFacts(box, place, signal)
  const askedAt = ports.clock.now().getTime()
  if (untouched) {
    requireUnconsumed(facts)
    await requireTaking(broker, ports.ids.next('nobody'), signal)
  }
  await announceLook(ports, facts, { ...place, limit: HELD_MAX, costs })
  const ids = new Set<string>()
  let complete = false
  const holding = await box.deadLetters.hold(queue, signal)
  try {
    for (let walked = 0; walked < HELD_MAX;) {
      const letters = await holding.next(WALK_BATCH, signal)
      for (const { letter } of letters) {
        const id = letter.headers[own.letter]
        if (typeof id === 'string' && letter.headers['x-redrive-job'] === job.job) ids.add(id)
      }
      walked += letters.length
      complete = letters.length < WALK_BATCH
      if (complete) break
    }
    await ports.clock.sleep(ON_DISK_MS, signal)
  } finally {
    await holding.close()
  }
  if (!untouched || !complete) return { place, ids, restBefore: null }
  requireUnconsumed(await boxFacts(box, place, signal))
  return { place, ids, restBefore: new Date(askedAt - UNDER_WAY_SEC_MAX * 1_000) }
}

function requireUnconsumed({ queue, consumers }: QueueFacts): void {
  if (consumers === 0) return
  const reason = say('refused.queue-consumed', { queue, consumers: String(consumers ?? '?') })
  const instead = say('instead.stop-consumers')
  throw new RedriveError('action-refused', 'never', { action: 'settle', reason, instead })
}

/**
 * A broker that holds publishers back has not read what is in their connections; it comes in afterwards. So something is
 * published that no queue can have: it comes back at once from a broker that takes messages.
 */
async function requireTaking(broker: Broker, nowhere: string, signal: AbortSignal): Promise<void> {
  const publisher = await broker.openPublisher(signal)
  try {
    const { outcome, ...why } = await publish(
      publisher,
      {
        messageId: nowhere,
        type: null,
        destination: { exchange: '', routingKey: `redrive.${nowhere}` },
        payload: '',
        headers: null,
        redriveHeaders: {},
      },
      signal,
    )
    if (outcome !== 'returned')
      throw new RedriveError('broker-blocked', 'later', { reason: 'reason' in why ? why.reason : outcome })
  } finally {
    await publisher.close()
  }
}
