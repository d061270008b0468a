import type { PublishOutcome } from '../../domain/outcome.ts'
import type { OnOutcome } from '../../ports/broker.ts'
import { neverSent } from './answers.ts'
import type { Answer } from './answers.ts'

/** Chains that may be blocked in one run; a run with more of them has a greater problem than order, and stops. */
export const BLOCKED_CHAINS_MAX = 100_000

/**
 * Keeps the order within a chain: one message at a time, the next one when it is confirmed. After a failure, an unknown
 * outcome or a message that could not be claimed, the rest of the chain is parked. Chains go side by side.
 */
export interface Lanes {
  /** Publishes now or when the chain's earlier message is confirmed; answers `parked` where it was not. */
  send<Item extends LaneItem>(item: Item, publish: Publish<Item>, answered: OnAnswer): void
  /** Nothing later of this chain may go. */
  block(chainKey: string, id: string): void
  /** The message that the chain waits behind; null: it may go on. */
  blockedBy(chainKey: string): string | null
  /** Why the run has to stop: it cannot keep in mind what else is blocked. Null: it may go on. */
  overflow(): string | null
}

export interface LaneItem {
  readonly id: string
  readonly chainKey: string | null
}

export type OnAnswer = (answer: Answer) => void

/** One function for all messages: thousands wait for their answers. */
export type Publish<Item> = (item: Item, answered: OnOutcome) => void

/** What waits behind a message of its chain. */
interface Waiting {
  publish(): void
  readonly answered: OnAnswer
}

export function createLanes(blockedMax = BLOCKED_CHAINS_MAX): Lanes {
  /** Of each chain that has a message under way, what waits behind it; null: nothing, as of most. */
  const underWay = new Map<string, Waiting[] | null>()
  const blocked = new Map<string, string>()
  let overflow: string | null = null

  const block = (chainKey: string, id: string): void => {
    if (blocked.has(chainKey)) return
    // Not thrown: the outcome that blocks the chain is known, and has to be written down as it is.
    if (blocked.size >= blockedMax)
      overflow = `more than ${blockedMax} chains have a message that was not confirmed`
    else blocked.set(chainKey, id)
  }
  const parked = (chainKey: string): Answer => ({
    outcome: 'parked',
    reason: `parked behind ${blocked.get(chainKey) ?? 'an earlier message'}`,
  })
  const ended = (chainKey: string, id: string, outcome: PublishOutcome): void => {
    const isConfirmed = outcome.outcome === 'confirmed'
    if (!isConfirmed && !neverSent(outcome)) block(chainKey, id)
    const waiting = underWay.get(chainKey) ?? []
    const next = isConfirmed ? waiting.shift() : undefined
    if (next !== undefined) return next.publish()
    underWay.delete(chainKey)
    // What was never sent takes the others back with it: all are planned again.
    for (const { answered } of waiting) answered(neverSent(outcome) ? outcome : parked(chainKey))
  }

  /*
   * Each in a scope of its own: closures of one scope hold all that any of them uses, and a message's content would stay in
   * memory until the broker has answered.
   */
  const heard =
    (chainKey: string, id: string, answered: OnAnswer): OnOutcome =>
    (outcome) => {
      answered(outcome)
      ended(chainKey, id, outcome)
    }
  const later =
    <Item>(item: Item, publish: Publish<Item>, own: OnOutcome): Waiting['publish'] =>
    () =>
      publish(item, own)

  return {
    block,
    blockedBy: (chainKey) => blocked.get(chainKey) ?? null,
    overflow: () => overflow,
    send(item, publish, answered) {
      const { id, chainKey } = item
      if (chainKey === null) return publish(item, answered)
      if (blocked.has(chainKey)) return answered(parked(chainKey))
      const own = heard(chainKey, id, answered)
      const waiting = underWay.get(chainKey)
      if (waiting === undefined) {
        underWay.set(chainKey, null)
        publish(item, own)
      } else {
        const last = { publish: later(item, publish, own), answered }
        if (waiting === null) underWay.set(chainKey, [last])
        else waiting.push(last)
      }
    },
  }
}
