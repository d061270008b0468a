import { RedriveError } from '../../domain/errors.ts'
import type { Room, SourceLoad } from '../../ports/load.ts'
import { openInRoom } from './in-room.ts'

/** A connection that nobody used for this long is given back to the server. */
const IDLE_TIMEOUT_MS = 30_000
/** For the goodbye to a server. */
const GOODBYE_MS = 2_000

/** How a server's connections are opened and ended. */
export interface PoolOptions<Held> {
  readonly open: () => Promise<Held>
  /** Its socket is gone. */
  readonly isDead: (held: Held) => boolean
  /** At once, whatever it is at. */
  readonly cut: (held: Held) => void
  /** Takes leave of the server; resolves when the connection is closed. */
  readonly end: (held: Held) => Promise<void>
  /** Of all pools of the source together. */
  readonly load: SourceLoad
  /** Called for each connection that ended. */
  readonly onLost: () => void
}

export interface Pool<Held> {
  /** Within a turn of the load, which is what there is to wait for. Rejects with `cancelled`, `source-busy`, or with what opening rejects with. */
  take(signal: AbortSignal): Promise<Held>
  /** `keep` false: nobody else gets it. */
  give(held: Held, keep: boolean): void
  close(): Promise<void>
}

/** The drivers' own pools know nothing of each other; and that of MySQL takes a password once, not at each log-in. */
export function newPool<Held>(options: PoolOptions<Held>): Pool<Held> {
  const { isDead, onLost } = options
  const idle: Held[] = []
  const timers = new Map<Held, NodeJS.Timeout>()
  const rooms = new Map<Held, Room>()
  let closed = false

  const forget = (held: Held): Room | undefined => {
    onLost()
    clearTimeout(timers.get(held))
    timers.delete(held)
    const room = rooms.get(held)
    rooms.delete(held)
    return room
  }
  const drop = (held: Held): void => {
    const room = forget(held)
    options.cut(held)
    room?.free()
  }
  /** One that is idle takes leave; its place is free when it is gone. */
  const retire = (held: Held): Promise<void> => {
    const at = idle.indexOf(held)
    if (at >= 0) idle.splice(at, 1)
    const room = forget(held)
    const gone = (): void => room?.free()
    return inTime(options.end(held), () => options.cut(held)).then(gone, gone)
  }
  const unused = (): Held | null => {
    for (let held = idle.pop(); held !== undefined; held = idle.pop()) {
      clearTimeout(timers.get(held))
      rooms.get(held)?.busy()
      if (!isDead(held)) return held
      drop(held)
    }
    return null
  }
  return {
    async take(signal) {
      if (closed || signal.aborted) throw new RedriveError('cancelled', 'later')
      const known = unused()
      if (known !== null) return known
      const { open, cut, load } = options
      const { held, room } = await openInRoom(load, () => openUnless(open, cut, signal), signal)
      rooms.set(held, room)
      return held
    },
    give(held, keep) {
      if (!keep || closed || isDead(held)) drop(held)
      else {
        idle.push(held)
        timers.set(held, setTimeout(() => void retire(held), IDLE_TIMEOUT_MS).unref())
        rooms.get(held)?.idle(() => void retire(held))
      }
    },
    async close() {
      closed = true
      await Promise.all([...idle].map(retire))
    },
  }
}

/** A server that is gone does not answer the goodbye: its connection is cut, and not waited for. */
export function inTime(ending: Promise<unknown>, cut: () => void): Promise<void> {
  return new Promise((resolve) => {
    const late = setTimeout(() => {
      cut()
      resolve()
    }, GOODBYE_MS)
    const ended = (): void => {
      clearTimeout(late)
      resolve()
    }
    ending.then(ended, ended)
  })
}

async function openUnless<Held>(
  open: () => Promise<Held>,
  cut: (held: Held) => void,
  signal: AbortSignal,
): Promise<Held> {
  const opening = open()
  const aborted = Promise.withResolvers<never>()
  const abort = (): void => {
    aborted.reject(new RedriveError('cancelled', 'later'))
    void opening.then(cut, () => undefined)
  }
  signal.addEventListener('abort', abort, { once: true })
  return Promise.race([opening, aborted.promise]).finally(() => signal.removeEventListener('abort', abort))
}
