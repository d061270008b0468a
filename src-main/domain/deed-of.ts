import type { Ceiling, Deed } from './deed.ts'
import type { Json } from './digest.ts'
import type { JournalEntry } from './journal.ts'

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
