import { RedriveError } from '../../domain/errors.ts'
import type { Clock } from '../../ports/surroundings.ts'
import type { Changes } from '../changes.ts'
import type { Messages, TroubleCounts } from '../messages/messages.ts'
import { unlessAborted } from '../unless-aborted.ts'

/** A source that takes longer does not answer. */
const COUNT_TIMEOUT_MS = 20_000

export interface CountingOptions {
  readonly messages: Pick<Messages, 'counts'>
  readonly changes: Changes
  readonly clock: Clock
}

export interface CountsAsked {
  /** Counts that are no older will do. 0: those of now. */
  readonly freshMs: number
}

/**
 * Counts what is in trouble for whoever asks: the overview, the samples, the metrics. A source is counted once at a time;
 * whoever comes meanwhile gets that answer, unless something has changed since it was begun.
 */
export interface Counting {
  counts(source: string, asked: CountsAsked, signal: AbortSignal): Promise<TroubleCounts>
}

interface Count {
  readonly revision: number
  readonly begunAtMs: number
  readonly found: Promise<TroubleCounts>
  over: boolean
}

export function createCounting({ messages, changes, clock }: CountingOptions): Counting {
  const latest = new Map<string, Count>()

  function begin(source: string): Count {
    const found = messages.counts(source, AbortSignal.timeout(COUNT_TIMEOUT_MS)).catch(lateAsTimeout)
    const count: Count = {
      revision: changes.revision(),
      begunAtMs: clock.now().getTime(),
      found,
      over: false,
    }
    latest.set(source, count)
    const end = (): void => void (count.over = true)
    found.then(end, () => {
      end()
      // A failure is no answer that anybody else could use.
      if (latest.get(source) === count) latest.delete(source)
    })
    return count
  }

  async function counted(source: string, freshMs: number): Promise<TroubleCounts> {
    const known = latest.get(source)
    if (known === undefined) return begin(source).found
    if (known.over) {
      const ageMs = clock.now().getTime() - known.begunAtMs
      return ageMs >= 0 && ageMs < freshMs ? known.found : begin(source).found
    }
    if (freshMs > 0 || known.revision === changes.revision()) return known.found
    await known.found.catch(() => undefined)
    return counted(source, freshMs)
  }

  return {
    async counts(source, { freshMs }, signal) {
      // Before anything is begun: a count that nobody waits for must not fail unheard, which would end the process.
      signal.throwIfAborted()
      return unlessAborted(counted(source, freshMs), signal)
    },
  }
}

function lateAsTimeout(error: unknown): never {
  if (error instanceof Error && error.name === 'TimeoutError')
    throw new RedriveError('query-timeout', 'later', {}, { cause: error })
  throw error
}
