import type { Json } from './digest.ts'
import type { JournalEntry } from './journal.ts'

/** What an entry of the journal weighs where acts are limited. */
export interface Deed {
  readonly seq: number
  readonly at: string
  readonly source: string | null
  /** Id of the job, plan or decision. */
  readonly subject: string | null
  /** `begun`: what a person began, with all its messages; `published`: what was about to go out. */
  readonly kind: 'begun' | 'published'
  readonly messages: number
  /** A second person had said yes to it. */
  readonly approved: boolean
}

/** Where an entry says how many messages it is about: a number, or the list of them. */
const begun: Partial<Record<JournalEntry['action'], string>> = {
  'job-started': 'items',
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
  if (action === 'check-back-overriding') return { ...head, kind: 'begun', messages: 1 }
  if (action === 'upstream-asking') {
    if (said['trigger'] !== 'operator') return null
    return { ...head, kind: 'begun', messages: countOf(said['attempts']) }
  }
  const where = begun[action]
  return where === undefined ? null : { ...head, kind: 'begun', messages: countOf(said[where]) }
}

function countOf(value: Json | undefined): number {
  if (typeof value === 'number') return value
  return Array.isArray(value) ? value.length : 0
}
