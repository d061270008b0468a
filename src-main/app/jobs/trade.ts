import { defaultSweepPolicy } from '../../domain/sweep-policy.ts'
import type { Job } from '../../domain/job.ts'
import type { SourceConfig } from '../../domain/workspace.ts'
import type { Feed } from './feed.ts'
import type { JobRun } from './job-run.ts'
import type { Lanes } from './lanes.ts'
import { createPlannedFeed } from './planned-feed.ts'
import { markOfResend } from './settle-outcomes.ts'
import { markOfSweep } from './sweep-mark.ts'

/** What a kind of job brings: where its items come from and how their rows are marked. */
export interface Trade {
  /** Null: nothing new is claimed, only what is left is put right. */
  readonly feed: ((run: JobRun, lanes: Lanes) => Feed) | null
  readonly markOf: JobRun['markOf']
}

/** For a job that goes on; `config` is asked for where it is a sweep. A sweep does not: what is due by now is the next run's. */
export function tradeOf({ kind }: Job, config: SourceConfig | null, random: () => number): Trade {
  if (kind === 'resend' || config === null) return { feed: createPlannedFeed, markOf: markOfResend }
  const policy = config.sweep ?? defaultSweepPolicy(config)
  return { feed: null, markOf: markOfSweep(policy, random) }
}
