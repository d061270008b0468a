import type { PublishOutcome } from '../../domain/outcome.ts'
import { neverSent } from './answers.ts'
import type { Answer } from './answers.ts'

/** Chains that may be blocked in one run; a run with more of them has a greater problem than order, and stops. */
export const BLOCKED_CHAINS_MAX = 100_000

/**
 * Keeps the order within a chain: one message at a time, the next one when it is confirmed. After a failure, an unknown
 * outcome or a message that could not be claimed, the rest of the chain is parked. Chains go side by side.
 */
export interface Lanes {
  /**
   * Publishes now or when the chain's earlier message is confirmed; answers `parked` where it was not. Rejects where
   * `publish` does, which nobody but the caller handles.
   */
  send(item: LaneItem, publish: () => Promise<PublishOutcome>): Promise<Answer>
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

export function createLanes(blockedMax = BLOCKED_CHAINS_MAX): Lanes {
  /** The last message of each chain that is under way. */
  const tails = new Map<string, Promise<Answer>>()
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

  /*
   * Each in a scope of its own: closures of one scope hold all that any of them uses, and a message's content would stay in
   * memory until the broker has answered.
   */
  const after = (
    before: Promise<Answer>,
    chainKey: string,
    publish: () => Promise<PublishOutcome>,
  ): Promise<Answer> =>
    before.then((earlier) => {
      if (earlier.outcome === 'confirmed') return publish()
      // Both are given back, and both are planned again.
      return neverSent(earlier) ? earlier : parked(chainKey)
    })
  const keptAsTail = (chainKey: string, id: string, answer: Promise<Answer>): Promise<Answer> => {
    const tail = answer.then((own) => {
      if (own.outcome !== 'confirmed' && !neverSent(own)) block(chainKey, id)
      if (tails.get(chainKey) === tail) tails.delete(chainKey)
      return own
    })
    tails.set(chainKey, tail)
    return tail
  }

  return {
    block,
    blockedBy: (chainKey) => blocked.get(chainKey) ?? null,
    overflow: () => overflow,
    send({ id, chainKey }, publish) {
      if (chainKey === null) return publish()
      if (blocked.has(chainKey)) return Promise.resolve(parked(chainKey))
      const before = tails.get(chainKey)
      const answer = before === undefined ? publish() : after(before, chainKey, publish)
      return keptAsTail(chainKey, id, answer)
    },
  }
}
