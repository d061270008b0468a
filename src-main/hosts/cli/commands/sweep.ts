import type { SweepRun } from '../../../../src-preload/contract/sweeps.ts'
import { sweepCounts } from '../../../domain/sweep.ts'
import type { Command, CommandContext, EngineClient } from '../command.ts'
import { EXIT, exitCodeOf } from '../exit-codes.ts'
import type { ExitCode } from '../exit-codes.ts'
import { sourceOption, unlock, unlockReasonOption } from '../options.ts'
import type { Output } from '../output.ts'
import { intervalOf, runAgain } from '../run-again.ts'

export const sweep: Command = {
  words: ['sweep'],
  summary: 'Resends what is due in a source, once or again and again until it is ended',
  operands: [],
  options: {
    reason: unlockReasonOption,
    source: sourceOption,
    once: { kind: 'flag', help: 'one run, then end' },
    every: { kind: 'text', value: '30s', help: 'a run each 30s, 5m or 1h; Ctrl-C finishes what is claimed' },
  },
  async run(context) {
    const { args, engine } = context
    const source = args.required('source')
    const everyMs = intervalOf(args)
    const client = await engine()
    const once = () => sweepOnce(context, client, source)
    if (everyMs !== null) {
      const stopped = { type: 'sweep-stopped', remark: `the sweep of ${source}` }
      return runAgain(context, client, { source, everyMs, once, codeOf, stopped })
    }
    await unlock(client, source, args.text('reason') ?? 'redrive sweep --once')
    return codeOf(await once())
  },
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
