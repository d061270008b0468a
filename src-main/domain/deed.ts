import type { Json } from './digest.ts'
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
