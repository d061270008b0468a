import type { Connection } from 'mysql2/promise'
import { RedriveError } from '../../domain/errors.ts'

/** A connection that nobody used for this long is given back to the server. */
const IDLE_TIMEOUT_MS = 30_000

/** One connection and what is known of it. */
export interface Held {
  readonly connection: Connection
  readonly threadId: number
  readonly server: Server
  /** Limit of a statement as it was last told to the server, in milliseconds; null: none. */
  limitMs: number | null
  /** Its socket is gone. */
  dead: boolean
}

export interface Server {
  readonly product: 'MySQL' | 'MariaDB'
  readonly version: string
}

export interface Pool {
  /** Waits for a free one. Rejects with `cancelled`, or with what opening rejects with. */
  take(signal: AbortSignal): Promise<Held>
  /** `keep` false: nobody else gets it. */
  give(held: Held, keep: boolean): void
  close(): Promise<void>
}

interface Waiting {
  readonly resolve: () => void
}

/**
 * The driver's own pool takes a password once; here it is asked for at each log-in. `onLost` is called for each
 * connection that ended.
 */
export function newPool(open: () => Promise<Held>, connectionsMax: number, onLost: () => void): Pool {
  const idle: Held[] = []
  const timers = new Map<Held, NodeJS.Timeout>()
  let closed = false

  const drop = (held: Held): void => {
    onLost()
    clearTimeout(timers.get(held))
    timers.delete(held)
    held.connection.destroy()
  }
  const { place, leave } = newPlaces(connectionsMax)
  const known = (): Held | null => {
    for (let held = idle.pop(); held !== undefined; held = idle.pop()) {
      clearTimeout(timers.get(held))
      if (!held.dead) return held
      drop(held)
    }
    return null
  }
  return {
    async take(signal) {
      if (signal.aborted) throw new RedriveError('cancelled', 'later')
      await place(signal)
      try {
        return known() ?? (await openUnless(open, signal))
      } catch (error) {
        leave()
        throw error
      }
    },
    give(held, keep) {
      if (!keep || closed || held.dead) drop(held)
      else {
        idle.push(held)
        const retire = (): void => {
          idle.splice(idle.indexOf(held), 1)
          drop(held)
        }
        timers.set(held, setTimeout(retire, IDLE_TIMEOUT_MS).unref())
      }
      leave()
    },
    async close() {
      closed = true
      const ending = idle.splice(0)
      for (const held of ending) clearTimeout(timers.get(held))
      await Promise.all(ending.map((held) => held.connection.end().catch(() => undefined)))
    },
  }
}

async function openUnless(open: () => Promise<Held>, signal: AbortSignal): Promise<Held> {
  const opening = open()
  const aborted = Promise.withResolvers<never>()
  const abort = (): void => {
    aborted.reject(new RedriveError('cancelled', 'later'))
    void opening.then(
      (late) => late.connection.destroy(),
      () => undefined,
    )
  }
  signal.addEventListener('abort', abort, { once: true })
  return Promise.race([opening, aborted.promise]).finally(() => signal.removeEventListener('abort', abort))
}

/** So many may be taken at a time; whoever comes later waits. */
function newPlaces(count: number) {
  const waiting: Waiting[] = []
  let places = count
  const place = async (signal: AbortSignal): Promise<void> => {
    if (places > 0) {
      places -= 1
      return
    }
    const free = Promise.withResolvers<void>()
    const entry: Waiting = { resolve: free.resolve }
    const abort = (): void => {
      const at = waiting.indexOf(entry)
      if (at < 0) return
      waiting.splice(at, 1)
      free.reject(new RedriveError('cancelled', 'later'))
    }
    waiting.push(entry)
    signal.addEventListener('abort', abort, { once: true })
    await free.promise.finally(() => signal.removeEventListener('abort', abort))
  }
  const leave = (): void => {
    const next = waiting.shift()
    if (next === undefined) places += 1
    else next.resolve()
  }
  return { place, leave }
}
