import { RedriveError } from '../../domain/errors.ts'
import type { DeadLetters, Holding, QueueFacts } from '../../ports/dead-letters.ts'
import { addressDetail } from './address.ts'
import { classify } from './classify.ts'
import { attendThrows, dial } from './dial.ts'
import type { Dialed, DialOptions } from './dial.ts'
import { SHORT_STRING_BYTES_MAX } from './headers.ts'
import { RabbitHolding } from './holding.ts'
import { askFacts } from './queue-facts.ts'
import { within } from './waiting.ts'

const FACTS_TIMEOUT_MS = 10_000

/** Each call has a connection of its own: some queues answer a get by closing the whole connection. */
export function openRabbitDeadLetters(options: Omit<DialOptions, 'name'>): DeadLetters {
  const { clock, address, log } = options
  const detail = addressDetail(address)

  const facts = async (dialed: Dialed, queue: string, signal: AbortSignal): Promise<QueueFacts | null> => {
    if (Buffer.byteLength(queue) > SHORT_STRING_BYTES_MAX) return null
    const onTimeout = (): Error =>
      new RedriveError('connection-lost', 'later', { ...detail, reason: 'no answer in time' })
    const work = askFacts(dialed, queue, log)
    try {
      return await within({ work, timeoutMs: FACTS_TIMEOUT_MS, clock, onTimeout }, signal)
    } catch (error) {
      signal.throwIfAborted()
      throw classify(error, detail, false)
    }
  }

  return {
    async facts(queue, signal) {
      const dialed = await dial({ ...options, name: 'redrive look at a queue' }, signal)
      try {
        return await facts(dialed, queue, signal)
      } finally {
        await dialed.hangUp()
      }
    },
    async hold(queue, signal): Promise<Holding> {
      const dialed = await dial({ ...options, name: 'redrive dead letters' }, signal)
      try {
        const known = await facts(dialed, queue, signal)
        if (known === null) throw new RedriveError('queue-missing', 'never', { queue })
        if (known.refusal !== null) {
          throw new RedriveError('look-refused', 'never', { queue, refusal: known.refusal })
        }
        const channel = await dialed.model.createChannel()
        channel.on('error', () => undefined)
        attendThrows(channel, log)
        return new RabbitHolding({ dialed, channel, queue, detail, clock })
      } catch (error) {
        await dialed.hangUp()
        signal.throwIfAborted()
        throw classify(error, detail, false)
      }
    },
  }
}
