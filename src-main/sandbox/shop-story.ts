import { HOUR, MINUTE } from './draft.ts'
import type { Draft } from './draft.ts'
import {
  between,
  errorWords,
  failsWith,
  fateOf,
  inHand,
  retriesSoon,
  waits,
  waitsAfterRetry,
} from './fate.ts'
import type { Incident } from './fate.ts'
import { newOrder, orderMessage, stepsOf } from './order-messages.ts'
import type { Random } from './random.ts'
import type { StoryRow } from './seed.ts'
import { MERCHANTS, SETTLEMENT_KEY, settlementMessage } from './settlement-messages.ts'

export const STORY_MS = 72 * HOUR
const ORDERS = 1_030
const FIRST_ORDER = 1_042
/** The relay of the northern warehouse is dead; nobody has noticed. */
export const DEAD_RELAY_KEY_PREFIX = 'shipments.north.'
const NORTH_RELAY_DIED_MS = 150 * MINUTE
const RELAY_CRASHED_MS = 95 * MINUTE
const SETTLEMENTS_FULL_MS = 3 * HOUR

const incidents: readonly Incident[] = [
  // The exchange was deleted with the old loyalty service; nobody told checkout.
  {
    hit: (draft, age) => draft.exchange === 'loyalty' && age < 20 * HOUR,
    share: 1,
    fate: failsWith((draft) => errorWords.noExchange(draft.exchange)),
  },
  // Deployed without the binding.
  {
    hit: (draft, age) => draft.routingKey === 'giftcards.issued' && age < 11 * HOUR,
    share: 1,
    fate: failsWith((draft) => errorWords.noRoute(draft.exchange, draft.routingKey)),
  },
  // Settlements stay in order: the first of each merchant fails, the rest waits behind it.
  {
    hit: (draft, age) =>
      draft.routingKey === SETTLEMENT_KEY && between(age, SETTLEMENTS_FULL_MS - HOUR, SETTLEMENTS_FULL_MS),
    share: 1,
    fate: failsWith(() => errorWords.queueFull('settlements')),
  },
  {
    hit: (draft, age) => draft.routingKey === SETTLEMENT_KEY && age < SETTLEMENTS_FULL_MS - HOUR,
    share: 1,
    fate: waits,
  },
  {
    hit: (draft, age) => isNorth(draft) && age < NORTH_RELAY_DIED_MS,
    share: 1,
    fate: waits,
  },
  {
    hit: (draft, age) => isNorth(draft) && between(age, NORTH_RELAY_DIED_MS, NORTH_RELAY_DIED_MS + HOUR),
    share: 0.7,
    fate: waitsAfterRetry(NORTH_RELAY_DIED_MS),
  },
  {
    hit: (_draft, age) => between(age, RELAY_CRASHED_MS, RELAY_CRASHED_MS + 12 * MINUTE),
    share: 0.8,
    fate: inHand(RELAY_CRASHED_MS),
  },
  // The broker failed over.
  {
    hit: (_draft, age) => between(age, 26 * HOUR, 26 * HOUR + 50 * MINUTE),
    share: 0.85,
    fate: failsWith([errorWords.timeout, errorWords.timeout, errorWords.forced, errorWords.channelClosed]),
  },
  {
    hit: (_draft, age) => between(age, 50 * HOUR, 50 * HOUR + 14 * MINUTE),
    share: 0.9,
    fate: failsWith([errorWords.connectionRefused]),
  },
  {
    hit: (draft, age) => draft.type === 'OrderShipped' && between(age, 5 * HOUR, 7 * HOUR),
    share: 0.4,
    fate: failsWith([errorWords.expiration]),
  },
  { hit: (_draft, age) => age < 20 * MINUTE, share: 0.4, fate: retriesSoon },
  { hit: (draft) => draft.type === 'OrderDelivered', share: 0.02, fate: failsWith([errorWords.timeout]) },
  { hit: () => true, share: 0.002, fate: failsWith([errorWords.reset]) },
]

function isNorth(draft: Draft): boolean {
  return draft.routingKey.startsWith(DEAD_RELAY_KEY_PREFIX)
}

/** Three days of the shop, oldest first. */
export function shopStory(random: Random, now: number): StoryRow[] {
  const drafts: Draft[] = []
  for (let index = 0; index < ORDERS; index += 1) {
    const placedAt = now - STORY_MS + Math.floor(((index + random.next()) * STORY_MS) / ORDERS)
    const order = newOrder(random, FIRST_ORDER + index)
    for (const step of stepsOf(random, order, placedAt, 1)) {
      if (step.at < now) drafts.push(orderMessage(random, step))
    }
  }
  for (let merchant = 1; merchant <= MERCHANTS; merchant += 1) {
    const offset = random.int(MINUTE, 59 * MINUTE)
    for (let at = now - STORY_MS + offset; at < now; at += HOUR) {
      drafts.push(settlementMessage(random, merchant, at))
    }
  }
  drafts.sort((a, b) => a.createdAt - b.createdAt)
  return drafts.map((draft) => ({ draft, fate: fateOf(draft, incidents, { random, now }) }))
}

/** Orders after those of the story. */
export const NEXT_ORDER = FIRST_ORDER + ORDERS
