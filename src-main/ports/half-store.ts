import type { CheckOutcome, CheckRecord, HalfStanding, HalfState } from '../domain/check-back.ts'
import type { JournalDraft } from '../domain/journal.ts'
import type { RunStore } from './sweep-store.ts'

/** Half messages that are looked up, counted or moved in one call at most. */
export const HALF_STANDINGS_MAX = 1_000

export interface HalfCount {
  readonly id: string
  readonly messageId: string
  /** How many checks the row itself says that there were; 0 where its layout counts none. */
  readonly counted: number
}

export interface HalfMove {
  readonly id: string
  readonly state: HalfState
  /** Absent: what was known of the last answer stays. */
  readonly last?: CheckRecord
}

/**
 * What Redrive knows of half messages whose producer it asks: how often it did, and what the last answer was. Every method
 * is one transaction, on disk when it resolves; its journal entry is part of it.
 */
export interface HalfStore {
  standings(source: string, ids: readonly string[]): Promise<ReadonlyMap<string, HalfStanding>>
  /** Those asked the longest ago first; `askedBefore` null: whenever they were. */
  inState(
    source: string,
    of: { readonly state: HalfState; readonly askedBefore: string | null; readonly limit: number },
  ): Promise<readonly HalfStanding[]>
  /** Counts one check of each, before it is made: the row's own count or Redrive's, whichever is higher, and one. */
  count(
    source: string,
    messages: readonly HalfCount[],
    entry: JournalDraft,
  ): Promise<ReadonlyMap<string, number>>
  /** Null: nothing to journal. */
  move(source: string, moves: readonly HalfMove[], entry: JournalDraft | null): Promise<void>
  /** Rows that are decided, or gone. */
  forget(source: string, ids: readonly string[], entry: JournalDraft | null): Promise<void>
}

export type CheckRunStore = RunStore<CheckOutcome>
