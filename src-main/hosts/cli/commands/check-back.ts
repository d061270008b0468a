import type { CheckRun } from '../../../../src-preload/contract/half-messages.ts'
import { usageError } from '../../common/failure.ts'
import type { Command, CommandContext, EngineClient } from '../command.ts'
import { EXIT, exitCodeOf } from '../exit-codes.ts'
import type { ExitCode } from '../exit-codes.ts'
import { sourceOption, unlock, unlockReasonOption } from '../options.ts'
import type { Output } from '../output.ts'
import { intervalOf, runAgain } from '../run-again.ts'

export const checkBack: Command = {
  words: ['check-back'],
  summary: 'Asks the producers of half messages what became of them, and carries their answers out',
  operands: [],
  options: {
    reason: unlockReasonOption,
    source: sourceOption,
    once: { kind: 'flag', help: 'one run, then end' },
    every: { kind: 'text', value: '30s', help: 'a run each 30s, 5m or 1h; Ctrl-C finishes what is decided' },
    id: { kind: 'list', value: 'ID', help: 'with --once, just these rows, parked ones too' },
  },
  async run(context) {
    const { args, engine } = context
    const source = args.required('source')
    const everyMs = intervalOf(args)
    const ids = args.list('id')
    if (everyMs !== null && ids.length > 0) throw usageError('Rows are named with --once only.')
    const client = await engine()
    if (everyMs !== null) {
      const once = () => askOnce(context, client, source, null)
      const stopped = { type: 'check-back-stopped', remark: `asking about ${source}` }
      return runAgain(context, client, { source, everyMs, once, codeOf, stopped })
    }
    await unlock(client, source, args.text('reason') ?? 'redrive check-back --once')
    return codeOf(await askOnce(context, client, source, ids.length === 0 ? null : [...ids]))
  },
}

export const checkBackDecide: Command = {
  words: ['check-back', 'decide'],
  summary: 'Decides a half message in the place of its producer, whom nobody could ask',
  operands: [],
  options: {
    source: sourceOption,
    id: { kind: 'text', value: 'ID', help: "the row's id" },
    as: {
      kind: 'text',
      value: 'commit|rollback',
      help: 'commit makes it sendable; rollback says it must not be sent',
    },
    reason: { kind: 'text', value: 'TEXT', help: 'why, for the journal' },
    'type-id': { kind: 'text', value: 'MESSAGE-ID', help: 'the message id, typed once more' },
  },
  async run({ args, engine, output }) {
    const source = args.required('source')
    const id = args.required('id')
    const decision = args.required('as')
    if (decision !== 'commit' && decision !== 'rollback') throw usageError('--as takes commit or rollback.')
    const reason = args.text('reason') ?? ''
    const typedMessageId = args.text('type-id') ?? ''
    const client = await engine()
    await unlock(client, source, reason)
    await client.halfMessages.decide({ source, id, version: null, decision, reason, typedMessageId })
    output.record({ type: 'half-message-decided', source, id, messageId: typedMessageId, decision })
    output.line(`${typedMessageId}  ${decision}, by hand`)
    return EXIT.done
  },
}

/** One run to its end. A signal stops it; what had been decided is still carried out. */
async function askOnce(
  { output, signal }: CommandContext,
  client: EngineClient,
  source: string,
  ids: string[] | null,
): Promise<CheckRun> {
  const begun = await client.halfMessages.askNow({ source, ids })
  const stop = (): void => {
    output.remark('Stopping: carrying out what has been decided…')
    client.halfMessages
      .stop({ source })
      .catch((error: unknown) => output.remark(`Not stopped: ${String(error)}`))
  }
  if (signal.aborted) stop()
  else signal.addEventListener('abort', stop, { once: true })
  try {
    let last = begun
    for await (const now of await client.halfMessages.watch({ run: begun.run })) last = now
    report(output, last)
    return last
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

function report(output: Output, run: CheckRun): void {
  const { outcome, trouble, source, state, startedAt, endedAt } = run
  output.record({ type: 'check-back', run: run.run, source, state, startedAt, endedAt, ...outcome, trouble })
  const said = outcome
    ? `${outcome.asked} asked: ${outcome.committed} committed, ${outcome.rolledBack} rolled back, ` +
      `${outcome.unknown} unknown, ${outcome.parked} parked, ${outcome.left} left alone` +
      (outcome.unsettled > 0
        ? `, ${outcome.unsettled} decided without knowing whether they were written`
        : '')
    : 'it is not known what it did'
  output.line(`${startedAt}  ${source}  ${state}: ${said}`)
  if (trouble)
    output.failure({ code: trouble.code, retry: 'later', detail: { source, reason: trouble.reason } })
}

/** What a person has to look at is not simply done: messages that are parked, a run that was stopped. */
function codeOf({ state, outcome, trouble }: CheckRun): ExitCode {
  if (state === 'failed') return trouble ? exitCodeOf(trouble.code) : EXIT.failed
  if (state === 'stopped' || !outcome) return EXIT.attention
  return outcome.parked + outcome.left + outcome.unsettled > 0 ? EXIT.attention : EXIT.done
}
