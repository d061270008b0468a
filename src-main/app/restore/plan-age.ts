import { RedriveError } from '../../domain/errors.ts'
import type { Plan } from '../../domain/plan.ts'
import type { JournalEntry } from '../../domain/journal.ts'
import { say } from '../../domain/text.ts'
import type { Journal } from '../../ports/journal.ts'

const NEWEST = { order: 'newest', cursor: null, limit: 1 } as const

/** When the store was set back, as the journal says; null: it never was. What was done shortly before is forgotten. */
export async function lastRestore(journal: Pick<Journal, 'list'>): Promise<JournalEntry | null> {
  const [restored] = await journal.list({ ...NEWEST, actions: ['store-restored'] })
  return restored ?? null
}

/**
 * A plan that is older than the last restore may have been carried out in the time that the store has forgotten; its messages
 * are looked at anew. Throws `plan-invalid`.
 */
export async function requireNewerThanRestore(journal: Pick<Journal, 'list'>, plan: Plan): Promise<void> {
  const restored = await lastRestore(journal)
  if (restored === null) return
  const [made] = await journal.list({ ...NEWEST, actions: ['plan-created'], subject: plan.plan })
  // A plan file brings its time with it; by the journal an imported one would look new.
  if (made !== undefined && made.seq > restored.seq && plan.createdAt > restored.at) return
  const reason = say('plan.before-restore', { at: restored.at })
  throw new RedriveError('plan-invalid', 'never', { reason })
}
