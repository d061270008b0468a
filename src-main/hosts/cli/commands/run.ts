import { RATE_MAX } from '../../../../src-preload/contract/jobs.ts'
import type { Brake, Job } from '../../../../src-preload/contract/jobs.ts'
import { isOfStore, RedriveError } from '../../../domain/errors.ts'
import { usageError } from '../../common/failure.ts'
import type { Arguments } from '../arguments.ts'
import type { Command, CommandContext, EngineClient } from '../command.ts'
import { operand } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import type { ExitCode } from '../exit-codes.ts'
import { approvalOption, handIn } from '../approval-file.ts'
import { countOption, typedCount, unlock, unlockReasonOption } from '../options.ts'
import type { Output } from '../output.ts'
import { importPlanFile } from '../../common/import-plan-file.ts'
import { planFileDigest } from '../plan-file.ts'

const PROGRESS_EVERY_MS = 1_000

export const run: Command = {
  words: ['run'],
  summary:
    'Carries out a plan file that was read and is confirmed by its digest; goes on where it was interrupted or paused',
  operands: ['PLAN'],
  options: {
    reason: unlockReasonOption,
    confirm: { kind: 'text', value: 'DIGEST', help: 'digest of the plan, as "plan resend" printed it' },
    rate: { kind: 'text', value: 'N', help: 'at most so many messages a second' },
    ramp: {
      kind: 'flag',
      help: 'begin with 1, 5, 20, 100 messages, each step when the one before was confirmed',
    },
    'brake-failures': {
      kind: 'text',
      value: 'PERCENT',
      help: 'pause when more of the last 100 are not confirmed',
    },
    'brake-returned': {
      kind: 'text',
      value: 'N',
      help: 'pause when more messages are returned as unroutable',
    },
    'brake-queue': {
      kind: 'text',
      value: 'QUEUE:N',
      help: 'pause when the queue holds more than N messages',
    },
    count: countOption,
    approval: approvalOption,
  },
  async run(context) {
    const { args, engine, signal } = context
    const path = operand(context, 0)
    const confirmed = args.text('confirm')
    if (confirmed === null) {
      const { plan, digest } = await planFileDigest(path)
      throw new RedriveError('plan-not-confirmed', 'never', { plan, digest })
    }
    const rate = args.number('rate', { above: 0, max: RATE_MAX })
    const options = { rate, ramp: args.flag('ramp'), brake: brakeOf(args) }
    const client = await engine()
    const { plan, source } = await importPlanFile(client, path)
    await handIn(client, plan, args)
    await unlock(client, source, args.text('reason') ?? `redrive run, plan ${plan}`)
    const request = { plan, digest: confirmed, typedCount: typedCount(args), ...options }
    const job = await client.jobs.run(request, { signal })
    const ended = await follow(context, client, job)
    return conclude(context.output, ended, signal.aborted)
  },
}

const PERCENT = 100

function brakeOf(args: Arguments): Brake | null {
  const percent = args.number('brake-failures', { above: 0, max: PERCENT })
  const returnedMax = args.integer('brake-returned', { min: 0, max: Number.MAX_SAFE_INTEGER })
  const queue = queueOf(args.text('brake-queue'))
  if (percent === null && returnedMax === null && queue === null) return null
  return { failureRatio: percent === null ? null : percent / PERCENT, returnedMax, queue }
}

function queueOf(text: string | null): Brake['queue'] {
  if (text === null) return null
  const [, name, depth] = /^(.+):(\d{1,15})$/.exec(text) ?? []
  if (name === undefined) throw usageError('--brake-queue takes QUEUE:N.')
  return { name, depthMax: Number(depth) }
}

/** Until the job runs no more. A signal cancels it; what is on its way is still waited for. */
async function follow(
  { output, signal, globals }: CommandContext,
  client: EngineClient,
  job: Job,
): Promise<Job> {
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
      const waiting = now.progress?.waiting ?? null
      // Nobody may be there to put the store right: the next start finds the job as it stands.
      if (waiting !== null && isOfStore(waiting.code)) {
        throw new RedriveError(waiting.code, 'later', { path: globals.dataDir, problem: waiting.reason })
      }
      if (Date.now() - shownAtMs < PROGRESS_EVERY_MS) continue
      shownAtMs = Date.now()
      progress(output, now)
    }
    return last
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}

function progress(output: Output, { job, state, items, ended, tally, progress: how }: Job): void {
  const { ratePerSec = null, remainingSec = null, waiting = null } = how ?? {}
  output.record({ type: 'progress', job, state, items, ended, ...tally, ratePerSec, remainingSec, waiting })
  const speed = ratePerSec === null ? '' : `, ${Math.round(ratePerSec)} a second`
  const left = remainingSec === null ? '' : `, ${Math.ceil(remainingSec)} s left`
  const counts = `${tally.confirmed} confirmed, ${needPerson(tally)} need a look`
  output.line(`${job}: ${ended} of ${items}, ${counts}${speed}${left}`)
  if (waiting !== null) output.line(`  waiting since ${waiting.since}: ${waiting.code}, ${waiting.reason}`)
}

function needPerson(tally: Job['tally']): number {
  return tally.returned + tally.refused + tally.unknown + tally.unmarked + tally.skipped + tally.parked
}

function conclude(output: Output, job: Job, cancelled: boolean): ExitCode {
  if (job.interruption !== null) {
    const { code, reason } = job.interruption
    output.record({ type: 'interrupted', job: job.job, code, reason })
    const what = job.state === 'paused' ? 'paused itself' : 'was interrupted'
    output.remark(`The job ${what} (${code}: ${reason}). Run the same plan again to go on with it.`)
  }
  const counts = job.tally
  output.object(
    { type: 'summary', job: job.job, ...counts, state: job.state, items: job.items },
    { job: job.job, state: job.state, items: job.items, ...counts },
  )
  if (job.state === 'interrupted') return EXIT.failed
  return cancelled || job.state !== 'done' || needPerson(job.tally) > 0 ? EXIT.attention : EXIT.done
}
