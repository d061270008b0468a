import { describe, expect, it } from 'vitest'
import type { TestContext } from 'vitest'
import { letterDigest } from '../../src-main/domain/dead-letter/letter.ts'
import type { DeadLetters, HeldLetter } from '../../src-main/ports/dead-letters.ts'

export interface DeadLettersFixture {
  readonly deadLetters: DeadLetters
  /** A new queue with these message ids in it, in this order. */
  readonly queue: (messageIds: readonly string[]) => Promise<string>
  /** Ids of what is in the queue and free to be taken, in order; they are taken out. */
  readonly drain: (queue: string) => Promise<readonly string[]>
  /** Breaks the connections to the broker. */
  readonly cut: () => void
}

const never = new AbortController().signal
const ids = (held: readonly HeldLetter[]): (string | null)[] => held.map(({ letter }) => letter.messageId)

/** The port for dead letters of a broker of queues. */
export function deadLettersConformance(
  name: string,
  open: (context: TestContext) => Promise<DeadLettersFixture>,
): void {
  describe(`dead letters of ${name}`, () => {
    it('tells of a queue without touching its messages', async (context) => {
      const { deadLetters, queue } = await open(context)
      const facts = await deadLetters.facts(await queue(['a', 'b']), never)
      expect(facts).toMatchObject({ messages: 2, consumers: 0, deliveryLimit: null, refusal: null })
      expect(facts?.costs).toContain('hidden-meanwhile')
      expect(await deadLetters.facts('there-is-none', never)).toBeNull()
      await expect(deadLetters.hold('there-is-none', never)).rejects.toMatchObject({ code: 'queue-missing' })
    })

    it('puts everything back in its order', async (context) => {
      const { deadLetters, queue, drain } = await open(context)
      const name_ = await queue(['a', 'b', 'c'])
      const holding = await deadLetters.hold(name_, never)
      expect(ids(await holding.next(2, never))).toEqual(['a', 'b'])
      expect(ids(await holding.next(2, never))).toEqual(['c'])
      expect(await holding.next(2, never)).toEqual([])
      await holding.close()
      expect(await drain(name_)).toEqual(['a', 'b', 'c'])
    })

    it('removes only what it is told to', async (context) => {
      const { deadLetters, queue, drain } = await open(context)
      const name_ = await queue(['a', 'b', 'c'])
      const holding = await deadLetters.hold(name_, never)
      const held = await holding.next(3, never)
      await holding.remove(
        held.slice(1, 2).map(({ tag }) => tag),
        never,
      )
      await holding.close()
      expect(await drain(name_)).toEqual(['a', 'c'])
    })

    it('loses nothing where the connection breaks', async (context) => {
      const { deadLetters, queue, drain, cut } = await open(context)
      const name_ = await queue(['a', 'b'])
      const holding = await deadLetters.hold(name_, never)
      const held = await holding.next(2, never)
      cut()
      const removed = holding.remove(
        held.map(({ tag }) => tag),
        never,
      )
      await expect(removed).rejects.toMatchObject({ retry: 'unknown-effect' })
      await holding.close()
      await expect.poll(() => drain(name_), { timeout: 10_000 }).toEqual(['a', 'b'])
    })

    it('gives a letter the same digest at every look, and another one the other', async (context) => {
      const { deadLetters, queue } = await open(context)
      const name_ = await queue(['a', 'b'])
      const look = async (): Promise<string[]> => {
        const holding = await deadLetters.hold(name_, never)
        const digests = (await holding.next(2, never)).map(({ letter }) => letterDigest(letter))
        await holding.close()
        return digests
      }
      const [first, second] = [await look(), await look()]
      expect(second).toEqual(first)
      expect(new Set(first).size).toBe(2)
    })
  })
}
