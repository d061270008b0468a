import { MINUTE, SECOND } from './draft.ts'
import type { Draft, Fate } from './draft.ts'
import type { Random } from './random.ts'

export const ATTEMPTS_MAX = 3

/** The broker's and the client's own words, as relays write them down. */
export const errorWords = {
  timeout: 'publish confirm timed out after 5000 ms (mq-2.internal:5672)',
  forced:
    'Connection closed: 320 (CONNECTION-FORCED) with message "CONNECTION_FORCED - broker forced connection closure with reason \'shutdown\'"',
  reset: 'read ECONNRESET',
  connectionRefused: 'connect ECONNREFUSED 10.20.4.17:5672',
  channelClosed: 'IllegalOperationError: Channel closed',
  expiration:
    'Channel closed by server: 406 (PRECONDITION-FAILED) with message "PRECONDITION_FAILED - invalid expiration \'1d\'"',
  noRoute: (exchange: string, routingKey: string) =>
    `basic.return 312 NO_ROUTE (exchange ${exchange}, routing key ${routingKey})`,
  noExchange: (exchange: string) =>
    `Channel closed by server: 404 (NOT-FOUND) with message "NOT_FOUND - no exchange '${exchange}' in vhost '/'"`,
  queueFull: (queue: string) => `basic.nack: queue ${queue} is full (overflow reject-publish)`,
} as const

/** Something that went wrong in the past days. The first one that a draft matches decides its fate. */
export interface Incident {
  readonly hit: (draft: Draft, ageMs: number) => boolean
  /** Share of the matching messages that it hit, 0 to 1. */
  readonly share: number
  readonly fate: (random: Random, draft: Draft, now: number) => Fate
}

/** How long ago, newest bound first. */
export function between(ageMs: number, newestMs: number, oldestMs: number): boolean {
  return ageMs >= newestMs && ageMs < oldestMs
}

export function failsWith(words: readonly string[] | ((draft: Draft) => string)): Incident['fate'] {
  return (random, draft, now) => ({
    status: 'failed',
    attempts: ATTEMPTS_MAX,
    nextAttemptAt: null,
    updatedAt: Math.min(now - SECOND, draft.createdAt + random.int(36, 150) * SECOND),
    lastError: typeof words === 'function' ? words(draft) : random.pick(words),
  })
}

/** No relay has taken it. */
export const waits: Incident['fate'] = () => ({
  status: 'pending',
  attempts: 0,
  nextAttemptAt: null,
  updatedAt: null,
  lastError: null,
})

/** Tried before its relay died, and due again since. */
export function waitsAfterRetry(diedAgoMs: number): Incident['fate'] {
  return (random, draft, now) => ({
    status: 'pending',
    attempts: random.int(1, 2),
    nextAttemptAt: now - diedAgoMs + random.int(1, 5) * MINUTE,
    updatedAt: Math.max(draft.createdAt, now - diedAgoMs - random.int(5, 60) * SECOND),
    lastError: random.pick([errorWords.reset, errorWords.channelClosed]),
  })
}

/** Its relay died with it in hand. */
export function inHand(diedAgoMs: number): Incident['fate'] {
  return (_random, _draft, now) => ({
    status: 'sending',
    attempts: 1,
    nextAttemptAt: null,
    updatedAt: now - diedAgoMs,
    lastError: null,
  })
}

/** Its next attempt is near. */
export const retriesSoon: Incident['fate'] = (random, draft, now) => ({
  status: 'pending',
  attempts: random.int(1, 2),
  nextAttemptAt: now + random.int(4, 40) * MINUTE,
  updatedAt: Math.max(draft.createdAt, now - random.int(1, 9) * MINUTE),
  lastError: random.pick([errorWords.timeout, errorWords.reset]),
})

export function fateOf(
  draft: Draft,
  incidents: readonly Incident[],
  { random, now }: { readonly random: Random; readonly now: number },
): Fate {
  if (draft.dueAt !== null && draft.dueAt > now) return scheduled(draft)
  const ageMs = now - draft.createdAt
  const hit = incidents.find((incident) => incident.hit(draft, ageMs) && random.chance(incident.share))
  return hit?.fate(random, draft, now) ?? sent(random, draft, now)
}

function scheduled(draft: Draft): Fate {
  return { status: 'pending', attempts: 0, nextAttemptAt: draft.dueAt, updatedAt: null, lastError: null }
}

function sent(random: Random, draft: Draft, now: number): Fate {
  const wasRetried = random.chance(0.03)
  const delay = wasRetried ? random.int(5 * SECOND, MINUTE) : random.int(40, 1_900)
  return {
    status: 'sent',
    attempts: wasRetried ? 2 : 1,
    nextAttemptAt: null,
    updatedAt: Math.min(now, (draft.dueAt ?? draft.createdAt) + delay),
    lastError: null,
  }
}
