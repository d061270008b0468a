import { setTimeout as wait } from 'node:timers/promises'
import type { SweepRun } from '../../../../src-preload/contract/sweeps.ts'
import { SWEEP_FAILURES_MAX, sweepCounts } from '../../../domain/sweep.ts'
import { sweepLimits } from '../../../domain/sweep-policy.ts'
import { usageError } from '../../common/failure.ts'
import type { Arguments } from '../arguments.ts'
import type { Command, CommandContext, EngineClient } from '../command.ts'
import { EXIT, exitCodeOf } from '../exit-codes.ts'
import type { ExitCode } from '../exit-codes.ts'
import { sourceOption, unlock } from '../options.ts'
import type { Output } from '../output.ts'

/** An unlock lasts 15 minutes; it is renewed before that. */
const UNLOCK_AGAIN_MS = 10 * 60_000
const SECOND_MS = 1_000
const UNIT_SEC: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600 }

export const sweep: Command = {
  words: ['sweep'],
  summary: 'Resends what is due in a source, once or again and again until it is ended',
  operands: [],
  options: {
    source: sourceOption,
    once: { kind: 'flag', help: 'one run, then end' },
    every: { kind: 'text', value: '30s', help: 'a run each 30s, 5m or 1h; Ctrl-C finishes what is claimed' },
  },
  async run(context) {
    const { args, engine } = context
    const source = args.required('source')
    const everyMs = intervalOf(args)
    const client = await engine()
    if (everyMs !== null) return sweepAgain(context, client, source, everyMs)
    await unlock(client, source)
    return codeOf(await sweepOnce(context, client, source))
  },
}

/** Milliseconds between the beginnings of two runs; null: once. */
function intervalOf(args: Arguments): number | null {
  const every = args.text('every')
  if ((every === null) === !args.flag('once')) throw usageError('Give --once or --every 30s, one of them.')
  if (every === null) return null
  const { number = '', unit = 's' } = /^(?<number>\d{1,6})(?<unit>[smh])?$/.exec(every)?.groups ?? {}
  const seconds = Number(number) * (UNIT_SEC[unit] ?? 1)
  const { min, max } = sweepLimits.everySec
  if (number === '' || seconds < min || seconds > max) {
    throw usageError(`--every takes a time such as 30s, 5m or 1h, from ${min}s to ${max}s.`)
  }
  return seconds * SECOND_MS
}

/** Until a signal ends it, or runs have failed too often in a row. */
async function sweepAgain(
  context: CommandContext,
  client: EngineClient,
  source: string,
  everyMs: number,
): Promise<ExitCode> {
  const { output, signal } = context
  let unlockedAtMs = Number.NEGATIVE_INFINITY
  let worst: ExitCode = EXIT.done
  let failures = 0
  while (!signal.aborted) {
    const begunAtMs = Date.now()
    if (begunAtMs - unlockedAtMs > UNLOCK_AGAIN_MS) {
      await unlock(client, source)
      unlockedAtMs = begunAtMs
    }
    const run = await sweepOnce(context, client, source)
    failures = run.state === 'failed' ? failures + 1 : 0
    if (failures >= SWEEP_FAILURES_MAX) {
      output.record({ type: 'sweep-stopped', source, failures, ...run.trouble })
      output.remark(`${failures} runs failed in a row: the sweep of ${source} stops here.`)
      return codeOf(run)
    }
    if (codeOf(run) === EXIT.attention) worst = EXIT.attention
    await wait(Math.max(0, begunAtMs + everyMs - Date.now()), undefined, { signal }).catch(() => undefined)
  }
  return worst
}

/** One run to its end. A signal stops it; what had begun is still waited for. */
async function sweepOnce(
  { output, signal }: CommandContext,
  client: EngineClient,
  source: string,
): Promise<SweepRun> {
  const begun = await client.sweeps.runNow({ source })
  const stop = (): void => {
    output.remark('Stopping: waiting for what is on its way…')
    client.sweeps.stop({ source }).catch((error: unknown) => output.remark(`Not stopped: ${String(error)}`))
  }
  if (signal.aborted) stop()
  else signal.addEventListener('abort', stop, { once: true })
  try {
    let last = begun
    for await (const now of await client.sweeps.watch({ run: begun.run })) last = now
    report(output, last)
    return last
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

function report(output: Output, run: SweepRun): void {
  const { outcome, trouble, source, state, startedAt, endedAt } = run
  const counts = outcome && sweepCounts(outcome)
  output.record({ type: 'sweep', run: run.run, source, state, startedAt, endedAt, ...counts, trouble })
  const said = outcome
    ? `${outcome.claimed} due: ${outcome.confirmed} confirmed, ${outcome.retried} to be retried, ` +
      `${outcome.failed + outcome.expired} failed, ${outcome.unknown} unknown`
    : 'it is not known what it did'
  output.line(`${startedAt}  ${source}  ${state}: ${said}`)
  if (outcome?.job) output.line(`  see: redrive jobs show ${outcome.job}`)
  if (trouble)
    output.failure({ code: trouble.code, retry: 'later', detail: { source, reason: trouble.reason } })
}

/** What a person has to look at is not simply done: messages that are failed or unknown, a run that was stopped. */
function codeOf({ state, outcome, trouble }: SweepRun): ExitCode {
  if (state === 'failed') return trouble ? exitCodeOf(trouble.code) : EXIT.failed
  if (state === 'stopped' || !outcome) return EXIT.attention
  return outcome.failed + outcome.expired + outcome.unknown > 0 ? EXIT.attention : EXIT.done
}
