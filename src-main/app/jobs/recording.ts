import type { ItemMove, Job } from '../../domain/job.ts'
import type { Json } from '../../domain/digest.ts'
import type { JournalAction, JournalDraft } from '../../domain/journal.ts'
import type { EnginePorts } from '../engine-ports.ts'

export function jobEntry(ports: EnginePorts, job: Job, action: JournalAction, detail: Json): JournalDraft {
  return { action, operator: ports.operator, source: job.source, subject: job.job, detail }
}

/** Moves items and writes the journal entry in one transaction; nothing to move writes nothing. */
export async function moveItems(
  { ports, job }: { readonly ports: EnginePorts; readonly job: Job },
  moves: readonly ItemMove[],
  action: JournalAction,
  detail: Json,
): Promise<void> {
  if (moves.length === 0) return
  await ports.jobStore.moveItems(job.job, ports.processes.self, moves, jobEntry(ports, job, action, detail))
}
