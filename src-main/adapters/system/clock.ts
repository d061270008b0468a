import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '../../ports/surroundings.ts'

export function systemClock(): Clock {
  return {
    now: () => new Date(),
    async sleep(ms, signal) {
      try {
        await wait(ms, undefined, { signal })
      } catch (error) {
        // Node wraps the reason; callers look at what they gave.
        signal.throwIfAborted()
        throw error
      }
    },
  }
}
