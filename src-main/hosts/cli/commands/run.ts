import { RATE_MAX } from '../../../../src-preload/contract/jobs.ts'
import type { Job } from '../../../../src-preload/contract/jobs.ts'
import { RedriveError } from '../../../domain/errors.ts'
import type { Command, CommandContext, EngineClient } from '../command.ts'
import { operand } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import type { ExitCode } from '../exit-codes.ts'
import { countOption, typedCount, unlock } from '../options.ts'
import type { Output } from '../output.ts'
import { readPlanFile } from '../plan-file.ts'

const PROGRESS_EVERY_MS = 1_000

export const run: Command = {
  words: ['run'],
  summary:
    'Carries out a plan file that was read and is confirmed by its digest; goes on where it was interrupted',
  operands: ['PLAN'],
  options: {
    confirm: { kind: 'text', value: 'DIGEST', help: 'digest of the plan, as "plan resend" printed it' },
    rate: { kind: 'text', value: 'N', help: 'at most so many messages a second' },
    count: countOption,
  },
  async run(context) {
    const { args, engine, signal } = context
    const file = await readPlanFile(operand(context, 0))
    const confirmed = args.text('confirm')
    if (confirmed === null) {
      throw new RedriveError('plan-not-confirmed', 'never', { plan: file.plan, digest: file.digest })
    }
    const rate = args.number('rate', { above: 0, max: RATE_MAX })
    const client = await engine()
    const { plan } = await client.plans.import({ file }, { signal })
    await unlock(client, file.source)
    const job = await client.jobs.run({ plan, digest: confirmed, typedCount: typedCount(args), rate })
    const ended = await follow(context, client, job)
    return conclude(context.output, ended, signal.aborted)
  },
}

/** Until the job runs no more. A signal cancels it; what is on its way is still waited for. */
async function follow({ output, signal }: CommandContext, client: EngineClient, job: Job): Promise<Job> {
  const cancel = (): void => {
    output.remark('Cancelling: waiting for what is on its way…')
    client.jobs
      .cancel({ job: job.job })
      .catch((error: unknown) => output.remark(`Not cancelled: ${String(error)}`))
  }
  if (signal.aborted) cancel()
  else signal.addEventListener('abort', cancel, { once: true })
  try {
    let last = job
    let shownAtMs = 0
    for await (const now of await client.jobs.watch({ job: job.job })) {
      last = now
      if (Date.now() - shownAtMs < PROGRESS_EVERY_MS) continue
      shownAtMs = Date.now()
      progress(output, now)
    }
    return last
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}

function progress(output: Output, { job, state, items, ended, tally }: Job): void {
  output.record({ type: 'progress', job, state, items, ended, ...tally })
  output.line(`${job}: ${ended} of ${items}, ${tally.confirmed} confirmed, ${needPerson(tally)} need a look`)
}

function needPerson(tally: Job['tally']): number {
  return tally.returned + tally.refused + tally.unknown + tally.unmarked + tally.skipped
}

function conclude(output: Output, job: Job, cancelled: boolean): ExitCode {
  if (job.interruption !== null) {
    const { code, reason } = job.interruption
    output.record({ type: 'interrupted', job: job.job, code, reason })
    output.remark(`The job was interrupted (${code}: ${reason}). Run the same plan again to go on with it.`)
  }
  const { confirmed, returned, refused, unknown, skipped, unmarked, unsettled } = job.tally
  const counts = { confirmed, returned, refused, unknown, skipped, unmarked, unsettled }
  output.object(
    { type: 'summary', job: job.job, ...counts, state: job.state, items: job.items },
    { job: job.job, state: job.state, items: job.items, ...counts },
  )
  if (job.state === 'interrupted') return EXIT.failed
  return cancelled || job.state !== 'done' || needPerson(job.tally) > 0 ? EXIT.attention : EXIT.done
}
