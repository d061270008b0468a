import { setTimeout as wait } from 'node:timers/promises'
import type { Job } from '../../../../src-preload/contract/jobs.ts'
import { failureOf, usageError } from '../../common/failure.ts'
import type { Command, CommandContext, EngineClient } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { unlock, unlockReasonOption } from '../options.ts'

const LOOK_EVERY_MS = 3_000
const FOLLOW_EVERY_MS = 1_000
/** The newest jobs of a source that are looked at. */
const JOBS_MAX = 100
/** Why a job stands that nobody stopped: its console disappeared, was closed, or was cut off from the store. */
const ABANDONED: readonly string[] = ['process-ended', 'job-busy']

export const agent: Command = {
  words: ['agent'],
  summary: 'Goes on with jobs whose console disappeared or was closed, until it is ended; for a shared store',
  operands: [],
  options: {
    reason: unlockReasonOption,
    source: {
      kind: 'list',
      value: 'NAME...',
      help: 'sources whose jobs it may go on with: naming one unlocks it',
    },
  },
  async run(context) {
    const { args, engine, output, signal } = context
    const sources = args.list('source')
    if (sources.length === 0) throw usageError('--source is missing.')
    const client = await engine()
    output.record({ type: 'agent', sources })
    output.line(`Looking after the jobs of ${sources.join(', ')}.`)
    const why = args.text('reason') ?? 'redrive agent'
    let unlockAtMs = Number.NEGATIVE_INFINITY
    while (!signal.aborted) {
      if (Date.now() >= unlockAtMs) {
        const again: number[] = []
        for (const source of sources) again.push(await unlock(client, source, why))
        unlockAtMs = Math.min(...again)
      }
      for (const source of sources) await lookAfter(context, client, source)
      await pause(LOOK_EVERY_MS, signal)
    }
    return EXIT.done
  },
}

/** One at a time, the oldest first: what is left is for the other agents. */
async function lookAfter(context: CommandContext, client: EngineClient, source: string): Promise<void> {
  const { output, signal } = context
  try {
    const { jobs } = await client.jobs.list({ source, before: null, limit: JOBS_MAX }, { signal })
    for (const job of jobs.filter(isAbandoned).reverse()) {
      if (signal.aborted) return
      await goOn(context, client, job)
    }
  } catch (error) {
    if (signal.aborted) return
    const { code, detail } = failureOf(error)
    output.record({ type: 'not-looked-after', source, code, detail })
    output.remark(`${source} could not be looked after (${code}); it is tried again.`)
  }
}

function isAbandoned({ state, interruption }: Job): boolean {
  return state === 'interrupted' && interruption !== null && ABANDONED.includes(interruption.code)
}

async function goOn({ output, signal }: CommandContext, client: EngineClient, job: Job): Promise<void> {
  try {
    await client.jobs.continue({ job: job.job })
  } catch (error) {
    // Another agent was faster.
    const { code } = failureOf(error)
    if (code === 'job-state-forbids' || code === 'job-busy') return
    throw error
  }
  output.record({ type: 'taken', job: job.job, source: job.source, ended: job.ended, items: job.items })
  output.line(`${job.job} of ${job.source}: going on at ${job.ended} of ${job.items}`)
  let now = await client.jobs.get({ job: job.job })
  while (now.state === 'running' && !signal.aborted) {
    await pause(FOLLOW_EVERY_MS, signal)
    now = await client.jobs.get({ job: job.job })
  }
  const { state, ended, items, tally } = now
  output.record({ type: 'left', job: now.job, state, ended, items, ...tally })
  output.line(`${now.job}: ${state}, ${ended} of ${items}, ${tally.confirmed} confirmed`)
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return wait(ms, undefined, { signal }).catch(() => undefined)
}
