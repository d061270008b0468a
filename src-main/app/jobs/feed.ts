import type { ClaimedItem, Interruption } from './job-run.ts'
import type { Step } from './recording.ts'

/** An item that could not be claimed; where it has a chain, nothing later of it may go. */
export interface Missed {
  readonly seq: number
  readonly id: string
  readonly chainKey: string | null
}

export type Claim =
  | { readonly claimed: readonly ClaimedItem[]; readonly missed: readonly Missed[] }
  | { readonly failure: Interruption }

/** Where the items of a run come from: a plan, or what a sweep finds due. */
export interface Feed {
  /**
   * Writes `steps` down together with what this claim has to write down first, then starts it. Null: nothing is left.
   * A claim that fails is a value, so that one nobody waits for yet cannot go unhandled.
   */
  claim(limit: number, steps: readonly Step[]): Promise<{ readonly result: Promise<Claim> } | null>
  /**
   * After its end, and after all that it gave was settled: whether it may have more by now, because its own messages held
   * that up. Then it can be claimed from again.
   */
  again(): boolean
}
