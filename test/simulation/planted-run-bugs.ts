import type { Job } from '../../src-main/domain/job.ts'
import type { Outbox } from '../../src-main/ports/outbox.ts'
import { jobStore, outbox } from './planting.ts'
import type { Planted } from './run-seed.ts'

/** Bugs of how runs, chains and sweeps are driven. */
export const plantedRunBugs: Readonly<Record<string, Planted>> = {
  'calls a skipped message parked': {
    breaks: 'only what has to wait is parked',
    ports: jobStore((real) => ({
      moveItems: (job, owner, steps) =>
        real.moveItems(
          job,
          owner,
          steps.map(({ moves, entry }) => ({
            moves: moves.map((move) =>
              move.result === 'skipped' ? { ...move, result: 'parked' as const } : move,
            ),
            entry,
          })),
        ),
    })),
  },
  'forgets the options of a job': {
    breaks: 'ramp and brake are kept',
    ports: (ports) => {
      const without = (job: Job | null): Job | null =>
        job && { ...job, options: { rate: null, ramp: false, brake: null } }
      const { jobReader } = ports
      return { ...ports, jobReader: { ...jobReader, job: async (id) => without(await jobReader.job(id)) } }
    },
  },
  'says paused before it has stopped': {
    breaks: 'a job that stands publishes nothing',
    ports: jobStore((real) => ({
      moveItems: async (job, owner, steps) => {
        await real.moveItems(job, owner, steps)
        const begun = steps.find(({ entry }) => entry.action === 'job-publishing')
        if (!begun) return
        const entry = { ...begun.entry, action: 'job-ended', detail: { state: 'paused' } } as const
        await real.moveJob(job, { from: 'running', to: 'paused', owner: null }, entry)
      },
    })),
  },
  'tries again for ever': {
    breaks: 'attempts end at the limit',
    ports: outbox((real) => ({
      mark: (requests, token, signal) =>
        real.mark(
          requests.map((request) =>
            request.as === 'fail' ? { ...request, as: 'retry', delaySec: 1 } : request,
          ),
          token,
          signal,
        ),
    })),
  },
  'sweeps up what an earlier claim still holds': {
    breaks: 'a sweep takes what nobody holds',
    ports: (ports) => {
      const tokens = new Set<string>()
      const old = async (real: Outbox, token: string, signal: AbortSignal) => {
        for (const earlier of tokens) {
          if (earlier === token) continue
          tokens.delete(earlier)
          const nothingNew = { limit: 0, attemptsMax: 0, stuckAfterSec: 0, chained: false, repeat: true }
          const rows = await real.claimDue(nothingNew, earlier, signal)
          if (rows.length > 0) return rows
        }
        return []
      }
      return outbox((real) => ({
        claimDue: async (request, token, signal) => {
          const rows = await real.claimDue(request, token, signal)
          if (request.limit === 0) return rows
          tokens.add(token)
          return rows.length > 0 ? rows : old(real, token, signal)
        },
      }))(ports, '')
    },
  },
}
