import type { Json } from './digest.ts'
import type { RedriveError } from './errors.ts'
import type { JournalEntry } from './journal.ts'

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

/** Throws where an entry does not fit under its ceilings. `between`: what was written since they were reckoned, and more. */
export function requireWithin(
  entry: JournalEntry,
  ceilings: readonly Ceiling[],
  between: readonly JournalEntry[],
): void {
  for (const { upTo, room, counts, refusal } of ceilings) {
    const deeds = [...between.filter(({ seq }) => seq > upTo), entry].flatMap((one) => deedOf(one) ?? [])
    const messages = deeds.filter(counts).reduce((sum, deed) => sum + deed.messages, 0)
    if (messages > room) throw refusal()
  }
}

/** Where the entry of a decision lists the messages that it is about. */
const decided: Partial<Record<JournalEntry['action'], string>> = {
  'resolve-intended': 'intended',
  'retry-intended': 'ids',
  'dead-letters-discarding': 'ids',
  'dead-letters-marked': 'ids',
}

/** Null: it acted on no message, or a person did not begin it. */
export function deedOf({ seq, at, action, source, subject, detail }: JournalEntry): Deed | null {
  const facts = detail !== null && typeof detail === 'object' && !Array.isArray(detail) ? detail : {}
  const said = facts as Readonly<Record<string, Json | undefined>>
  const head = { seq, at, source, subject, approved: typeof said['approval'] === 'string' }
  if (action === 'job-publishing') return { ...head, kind: 'published', messages: countOf(said['ids']) }
  if (action === 'check-back-overriding') return { ...head, kind: 'decided', messages: 1 }
  if (action === 'upstream-asking') {
    if (said['trigger'] !== 'operator') return null
    return { ...head, kind: 'decided', messages: countOf(said['attempts']) }
  }
  if (action === 'job-started') return { ...head, kind: 'begun', messages: countOf(said['items']) }
  const where = decided[action]
  return where === undefined ? null : { ...head, kind: 'decided', messages: countOf(said[where]) }
}

function countOf(value: Json | undefined): number {
  if (typeof value === 'number') return value
  return Array.isArray(value) ? value.length : 0
}
