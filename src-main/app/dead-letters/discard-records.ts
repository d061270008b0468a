import type { Ceiling } from '../../domain/deed.ts'
import type { JournalDraft } from '../../domain/journal.ts'
import type { Plan } from '../../domain/plan.ts'
import type { Changes } from '../changes.ts'
import type { Locks } from '../connections/locks.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { planPages } from '../resend/plan-intact.ts'

/**
 * Marks the records of a plan as discarded, in the local store only: a topic keeps what it holds. What was redriven or
 * discarded since the plan was made is left as it is.
 */
export async function discardRecords(
  { jobStore, recordLedger, operator: acting }: EnginePorts,
  { plan, source, items }: Plan,
  {
    reason,
    yes,
    within,
  }: {
    readonly reason: string
    readonly yes: { readonly approval?: string }
    readonly within: readonly Ceiling[]
  },
): Promise<{ readonly marked: number; readonly missing: number }> {
  let marked = 0
  const operator = acting()
  for await (const page of planPages(jobStore, plan)) {
    const ids = page.map(({ id }) => id)
    const marks = await recordLedger.marks(source, ids)
    const free = ids.filter((id) => !marks.has(id))
    const detail = { reason, ids: free, ...yes }
    const about = { operator, source, subject: plan, detail, within }
    const entry: JournalDraft = { action: 'dead-letters-marked', ...about }
    if (free.length > 0) await recordLedger.discard(source, { ids: free, plan, operator, reason }, entry)
    marked += free.length
  }
  return { marked, missing: items - marked }
}

/** Takes the marks off. Answers with how many there were. */
export async function restoreRecords(
  {
    ports,
    locks,
    changes,
  }: { readonly ports: EnginePorts; readonly locks: Locks; readonly changes: Changes },
  place: string,
  ids: readonly string[],
): Promise<number> {
  locks.require(place)
  const { recordLedger } = ports
  const detail = { ids: [...ids] }
  const entry: JournalDraft = {
    action: 'dead-letters-restored',
    operator: ports.operator(),
    source: place,
    subject: null,
    detail,
  }
  const restored = await recordLedger.restore(place, ids, entry)
  changes.bump()
  return restored
}
