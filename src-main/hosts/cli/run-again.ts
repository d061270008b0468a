import { setTimeout as wait } from 'node:timers/promises'
import { SWEEP_FAILURES_MAX } from '../../domain/sweep.ts'
import type { SweepRunState, SweepTrouble } from '../../domain/sweep.ts'
import { sweepLimits } from '../../domain/sweep-policy.ts'
import { failureOf, usageError } from '../common/failure.ts'
import type { Arguments } from './arguments.ts'
import type { CommandContext, EngineClient } from './command.ts'
import { EXIT } from './exit-codes.ts'
import type { ExitCode } from './exit-codes.ts'
import { unlock } from './options.ts'

const SECOND_MS = 1_000
const UNIT_SEC: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600 }

/** Milliseconds between the beginnings of two runs; null: once. */
export function intervalOf(args: Arguments): number | null {
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

interface Run {
  readonly state: SweepRunState
  readonly trouble: SweepTrouble | null
}

export interface Again<R extends Run> {
  /** What is unlocked for the runs; null: they change nothing. */
  readonly source: string | null
  readonly everyMs: number
  readonly once: () => Promise<R>
  readonly codeOf: (run: R) => ExitCode
  /** Name of the record that says it stopped, and what it says to a person. */
  readonly stopped: { readonly type: string; readonly remark: string }
}

/** Until a signal ends it, or runs have failed too often in a row. */
export async function runAgain<R extends Run>(
  { args, output, signal }: CommandContext,
  client: EngineClient,
  { source, everyMs, once, codeOf, stopped }: Again<R>,
): Promise<ExitCode> {
  let unlockAtMs = Number.NEGATIVE_INFINITY
  let worst: ExitCode = EXIT.done
  let failures = 0
  while (!signal.aborted) {
    const begunAtMs = Date.now()
    if (source !== null && begunAtMs >= unlockAtMs) {
      unlockAtMs = await unlock(client, source, args.text('reason') ?? `redrive: ${stopped.remark}`)
    }
    const run = await once().catch(busyElsewhere)
    if (run === null) output.remark('Another process is at it: this round is left to it.')
    failures = run?.state === 'failed' ? failures + 1 : 0
    if (run !== null && failures >= SWEEP_FAILURES_MAX) {
      output.record({ type: stopped.type, source, failures, ...run.trouble })
      output.remark(`${failures} runs failed in a row: ${stopped.remark} stops here.`)
      return codeOf(run)
    }
    if (run !== null && codeOf(run) === EXIT.attention) worst = EXIT.attention
    await wait(Math.max(0, begunAtMs + everyMs - Date.now()), undefined, { signal }).catch(() => undefined)
  }
  return worst
}

/** What runs at most once at a time, among all processes on a store, may be under way in another one. */
function busyElsewhere(error: unknown): null {
  if (failureOf(error).code === 'sweep-busy') return null
  throw error
}
