import type { Owner } from '../../ports/job-store.ts'
import type { LeaseStore } from '../../ports/leases.ts'
import type { Clock, Log, Processes } from '../../ports/surroundings.ts'

/** Without a word for so long, a process counts as gone, and its jobs are taken over. */
export const LEASE_MS = 15_000
/** Three words may be lost before it does. */
const RENEW_EVERY_MS = 3_000
/** A process stops publishing so long before its lease runs out: what it has handed over by then is still on its way. */
const MARGIN_MS = 5_000

export interface SharedProcesses extends Processes {
  /** Asks the store who is there, and says so of this process. Throws where the store does not answer. */
  renew(): Promise<void>
  /** Goes on saying it until `close`. */
  start(): void
  /** Gives the lease back. */
  close(): Promise<void>
}

/**
 * The processes that share a store, by their leases. What is known of the others is as old as the last renewal, so that the
 * store itself checks again when a job is taken over. By its own clock a process knows how long its lease lasts at least:
 * from when it asked, not from when it was answered.
 */
export function sharedProcesses({
  self,
  leases,
  clock,
  log,
}: {
  readonly self: Owner
  readonly leases: LeaseStore
  readonly clock: Clock
  readonly log: Log
}): SharedProcesses {
  let live: ReadonlySet<string> = new Set()
  let heldUntilMs = Number.NEGATIVE_INFINITY
  let askedMs = Number.NEGATIVE_INFINITY
  /** Owners that were asked about and had no lease, since when: one that has just begun may be missing for a moment. */
  const suspects = new Map<string, number>()
  const stop = new AbortController()
  let beating = Promise.resolve()

  async function renew(): Promise<void> {
    const nowMs = clock.now().getTime()
    live = await leases.renew(self, LEASE_MS)
    askedMs = nowMs
    heldUntilMs = nowMs + LEASE_MS - MARGIN_MS
  }

  async function beat(): Promise<void> {
    while (!stop.signal.aborted) {
      await clock.sleep(RENEW_EVERY_MS, stop.signal).catch(() => undefined)
      if (stop.signal.aborted) return
      await renew().catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error)
        log.warn({ reason }, 'lease-not-renewed')
      })
    }
  }

  return {
    self,
    alive({ instance }) {
      if (instance === self.instance || live.has(instance)) {
        suspects.delete(instance)
        return true
      }
      const sinceMs = suspects.get(instance)
      if (sinceMs === undefined) suspects.set(instance, clock.now().getTime())
      return sinceMs === undefined || askedMs <= sinceMs
    },
    holds: () => clock.now().getTime() < heldUntilMs,
    renew,
    start() {
      beating = beat()
    },
    async close() {
      stop.abort()
      await beating
      await leases.giveBack(self).catch(() => undefined)
    },
  }
}
