import type { DueRow } from '../../ports/due.ts'
import type { MarkRequest } from '../../ports/outbox.ts'
import type { JobRun } from './job-run.ts'
import { persist } from './job-run.ts'
import { jobEntry } from './recording.ts'

/**
 * Marks rows as sent once more. A server that fails over to a copy that was behind comes back with what it had
 * acknowledged undone: the message is with the broker, and its row is claimed as before. Sent again it would be sent
 * twice. Answers with how many it marked; a row that somebody has changed meanwhile is left alone.
 */
export async function markForgotten(run: JobRun, rows: readonly DueRow[]): Promise<number> {
  if (rows.length === 0) return 0
  const { ports, job } = run
  const forgotten = rows.map(({ id }) => id)
  await ports.journal.append(jobEntry(ports, job, 'job-recovered', { forgotten }))
  ports.log.warn({ job: job.job, rows: forgotten.length }, 'marks-forgotten-by-the-source')
  const requests = rows.map(({ id, stateBefore, attempts }): MarkRequest => ({
    id,
    as: 'confirm',
    reason: null,
    stateBefore,
    attempts,
  }))
  const results = await persist(run, () => run.outbox.mark(requests, run.token, run.effects))
  return results.filter(({ marked }) => marked).length
}
