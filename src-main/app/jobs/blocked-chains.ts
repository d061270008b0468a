import type { JobRun } from './job-run.ts'
import type { Lanes } from './lanes.ts'

/** Chains that an earlier run of this job could not finish stay blocked when it goes on. */
export async function blockUnfinishedChains({ ports, job }: JobRun, lanes: Lanes): Promise<void> {
  const { returned, refused, unknown, skipped, parked } = job.tally
  if (returned + refused + unknown + skipped + parked === 0) return
  const results = ['returned', 'refused', 'unknown', 'skipped', 'parked'] as const
  let afterSeq = 0
  for (;;) {
    const items = await ports.jobReader.items(job.job, { results, afterSeq, limit: ports.batch })
    const last = items.at(-1)
    if (!last) return
    for (const { chainKey, id, settledAs } of items) {
      if (chainKey !== null && settledAs !== 'sent') lanes.block(chainKey, id)
    }
    afterSeq = last.seq
  }
}
