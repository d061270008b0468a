import type { Ceiling } from '../../domain/deed.ts'
import type { Json } from '../../domain/digest.ts'
import type { ItemMove, Job } from '../../domain/job.ts'
import type { JournalAction, JournalDraft } from '../../domain/journal.ts'
import type { EnginePorts } from '../engine-ports.ts'

export function jobEntry(ports: EnginePorts, job: Job, action: JournalAction, detail: Json): JournalDraft {
  return { action, operator: ports.operator(), source: job.source, subject: job.job, detail }
}

/** Moves of items and what the journal says of them. */
export interface Step {
  readonly moves: readonly ItemMove[]
  readonly action: JournalAction
  readonly detail: Json
  readonly within?: readonly Ceiling[]
}

/** Writes steps down in one transaction: each one on disk costs a wait, so what comes together is written together. */
export async function record(
  { ports, job }: { readonly ports: EnginePorts; readonly job: Job },
  steps: readonly Step[],
): Promise<void> {
  const begun = steps.filter(({ moves }) => moves.length > 0)
  if (begun.length === 0) return
  await ports.jobStore.moveItems(
    job.job,
    ports.processes.self,
    begun.map(({ moves, action, detail, within = [] }) => ({
      moves,
      entry: { ...jobEntry(ports, job, action, detail), within },
    })),
  )
}
