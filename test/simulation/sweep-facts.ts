import { CLAIM_TOKEN_BEGINS, CLAIM_TOKEN_ENDS } from '../../src-main/domain/claim-token.ts'
import type { MarkRequest } from '../../src-main/ports/outbox.ts'
import type { NewSweepRun } from '../../src-main/ports/sweep-store.ts'
import type { ItemFacts } from './run-facts.ts'
import type { SimRow } from './sim-table.ts'

/** What a claim wrote into the row, taken apart. */
export interface ClaimText {
  readonly job: string
  /** By a sweep, which writes behind it what the row was. */
  readonly bySweep: boolean
}

/** Null where the text is no claim of Redrive. */
export function claimIn(row: SimRow): ClaimText | null {
  const text = String(row.columns['last_error'] ?? '')
  const ends = text.indexOf(CLAIM_TOKEN_ENDS)
  if (!text.startsWith(CLAIM_TOKEN_BEGINS) || ends < 0) return null
  const job = text.slice(CLAIM_TOKEN_BEGINS.length, ends)
  return { job, bySweep: text.length > ends + CLAIM_TOKEN_ENDS.length }
}

/** Somebody has to say first what became of it: no sweep may touch its row. */
export function holdsItsRow({ claims, lostClaim, state, result, settling }: ItemFacts): boolean {
  if (claims === 0 || lostClaim) return false
  return state === 'done' ? result === 'unknown' && settling === null : true
}

/** Sweep runs as they are on disk, and claims of theirs that are no items yet. */
export class SweepFacts {
  readonly #runs = new Map<string, NewSweepRun>()
  readonly #on = new Set<string>()
  readonly #claims = new Map<string, number>()

  /** False: nobody asked for it. `unlocked`: the source is, on this console. */
  begun(console: string, run: NewSweepRun, unlocked: boolean): boolean {
    this.#runs.set(run.run, run)
    return this.#on.has(console) || (run.trigger === 'operator' && unlocked)
  }

  switched(console: string, on: boolean): void {
    if (on) this.#on.add(console)
    else this.#on.delete(console)
  }

  known(run: string): boolean {
    return this.#runs.has(run)
  }

  claimed(run: string, row: SimRow): void {
    this.#claims.set(`${run} ${row.id}`, Number(row.columns['attempts']))
  }

  /** The attempts that the claim counted; undefined: there is none that is not an item already. */
  takeClaim(run: string, row: string): number | undefined {
    const attempts = this.#claims.get(`${run} ${row}`)
    this.#claims.delete(`${run} ${row}`)
    return attempts
  }
}

/** Of a later claim of the same sweep, whose answer was lost before it became an item. */
export function isUnheard(item: ItemFacts, { as, attempts }: MarkRequest): boolean {
  return as === 'release' && (attempts ?? 0) > item.attempts
}
