import type { RedriveError } from './errors.ts'

/** What an entry of the journal weighs where acts are limited. */
export interface Deed {
  readonly seq: number
  readonly at: string
  readonly source: string | null
  /** Id of the job, plan or decision. */
  readonly subject: string | null
  /**
   * `begun`: a job that a person began, with all its messages; `decided`: an act that is over with its entry; `published`:
   * what a job was about to send.
   */
  readonly kind: 'begun' | 'decided' | 'published'
  readonly messages: number
  /** A second person had said yes to it. */
  readonly approved: boolean
}

/**
 * How much may still be done within an hour. It is reckoned by whoever is about to act, and held by the store where it writes
 * that down: between the two another process may have done as much.
 */
export interface Ceiling {
  /** The last entry that was reckoned with: what was written after it counts in addition. */
  readonly upTo: number
  /** Messages that there is room for. */
  readonly room: number
  readonly counts: (deed: Deed) => boolean
  /** What whoever comes too late is told. */
  readonly refusal: () => RedriveError
}
