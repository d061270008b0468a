import { RedriveError } from '../../domain/errors.ts'
import { plain } from '../../domain/text.ts'
import { SWEEP_FAILURES_MAX, didAnything, sweepCounts } from '../../domain/sweep.ts'
import type { SweepOutcome, SweepRun, SweepTrouble } from '../../domain/sweep.ts'
import type { SweepPolicy } from '../../domain/sweep-policy.ts'
import type { JournalDraft } from '../../domain/journal.ts'
import type { SweepEnd } from '../../ports/sweep-store.ts'
import type { Outbox } from '../../ports/outbox.ts'
import type { Connections } from '../connections/connections.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { heldBack } from '../guard/held-back.ts'
import { expireExhausted } from './expire.ts'
import type { SweepRequest, SweepRunner } from './runner.ts'
import type { Beginning } from './scheduled-runs.ts'

/** Runs that failed in a row, the newest ones, whose claims are looked for. */
const FAILED_LOOKED_AT_MAX = 20
/** Runs that claimed something: how far back a source may have forgotten what they marked. */
const CLAIMED_LOOKED_AT_MAX = 5

export interface SweepContext {
  readonly ports: EnginePorts
  readonly connections: Connections
  readonly runner: SweepRunner
}

/**
 * Writes down that a run begins. One that a person asked for is in the journal; what the schedule begins was agreed to
 * when it was switched on, and is journalled by what it does: an idle sweep every few seconds would bury all else.
 */
export async function beginRun(
  { ports }: SweepContext,
  source: string,
  policy: SweepPolicy,
  { trigger, after }: Beginning,
): Promise<SweepRun> {
  const run = ports.ids.next('sweep')
  const operator = ports.operator()
  const { batch, rate, attemptsMax, stuckAfterSec, order } = policy
  const detail = { trigger, batch, rate, attemptsMax, stuckAfterSec, order }
  const entry: JournalDraft = { action: 'sweep-begun', operator, source, subject: run, detail }
  const owner = ports.processes.self
  return ports.sweepStore.begin(
    { run, source, trigger, operator, owner, after },
    trigger === 'operator' ? [entry] : [],
  )
}

/**
 * Carries out a run that was begun: first what has no attempts left, then the runner. Never rejects but where the store
 * fails: whatever else goes wrong is the run's trouble.
 */
export async function runSweepOnce(
  context: SweepContext,
  run: SweepRun,
  policy: SweepPolicy,
  stop: AbortSignal,
): Promise<SweepRun> {
  const work = (): Promise<Result> => carryOut(context, run, policy, stop)
  return end(context, run, await context.ports.loads.inBackground(work))
}

async function carryOut(
  context: SweepContext,
  run: SweepRun,
  policy: SweepPolicy,
  stop: AbortSignal,
): Promise<Result> {
  const { ports, connections, runner } = context
  const request: SweepRequest = { source: run.source, policy, sweepRun: run.run }
  let expired = 0
  try {
    await connections.breathe(run.source, stop)
    await settleEarlier(context, run)
    const expire = (outbox: Outbox): Promise<number> =>
      expireExhausted({ ports, connections }, outbox, request, stop)
    expired = await connections.withOutbox(run.source, expire, stop)
    const swept = stop.aborted ? NOTHING : await runner.run(request, stop)
    const outcome = { ...swept, expired: swept.expired + expired }
    const trouble = outcome.interruption
    // A rule of the workspace that holds it back is no failure: the next run goes on with what is still due.
    const failed = trouble !== null && !heldBack.has(trouble.code)
    const stopped = trouble !== null || stop.aborted
    return { state: failed ? 'failed' : stopped ? 'stopped' : 'done', outcome, trouble }
  } catch (error) {
    const outcome = expired > 0 ? { ...NOTHING, expired } : null
    const cancelled = stop.aborted && error instanceof RedriveError && error.code === 'cancelled'
    if (cancelled) return { state: 'stopped', outcome, trouble: null }
    return { state: 'failed', outcome, trouble: troubleOf(error) }
  }
}

/**
 * A run that failed may have claimed rows without hearing of it: the source was away for longer than it asked again. They
 * are given back before new ones are claimed, since no sweep ever takes a row that carries a claim. And what the newest
 * runs have marked is there again, still claimed, where the source failed over to a copy that was behind.
 */
async function settleEarlier({ ports, runner }: SweepContext, { source, run }: SweepRun): Promise<void> {
  const runs = await ports.sweepStore.runs(source, FAILED_LOOKED_AT_MAX)
  const earlier = runs.filter((one) => one.run !== run)
  const worked = earlier.findIndex(({ state }) => state !== 'failed')
  const failed = worked === -1 ? earlier : earlier.slice(0, worked)
  const claimed = earlier.filter(({ outcome }) => (outcome?.claimed ?? 0) > 0).slice(0, CLAIMED_LOOKED_AT_MAX)
  for (const one of new Set([...failed, ...claimed])) await runner.release(source, one.run)
}

type Result = Omit<SweepEnd, 'stops'>

const NOTHING: SweepOutcome = {
  job: null,
  claimed: 0,
  confirmed: 0,
  retried: 0,
  failed: 0,
  unknown: 0,
  returned: 0,
  refused: 0,
  expired: 0,
  interruption: null,
}

/** Takes over a run whose process ended: what it did is told by its job, if it had one. */
export async function abandonRun(context: SweepContext, run: SweepRun): Promise<SweepRun> {
  const { runner, ports } = context
  await runner.release(run.source, run.run).catch((error: unknown) => {
    // The source does not answer: its rows keep the token and are listed as stuck, for a person.
    ports.log.warn({ sweep: run.run, reason: String(error) }, 'claims-not-released')
  })
  const trouble = { code: 'process-ended', reason: 'the process that ran it ended' } as const
  return end(context, run, { state: 'failed', outcome: null, trouble })
}

async function end({ ports }: SweepContext, run: SweepRun, result: Result): Promise<SweepRun> {
  const { outcome, trouble, state } = result
  const { failures } = await ports.sweepStore.standing(run.source)
  const inRow = state === 'failed' ? failures + 1 : 0
  const stops = inRow >= SWEEP_FAILURES_MAX ? trouble : null
  const quiet = run.trigger === 'schedule' && trouble === null && (outcome === null || !didAnything(outcome))
  const entry: JournalDraft = {
    action: 'sweep-ended',
    operator: ports.operator(),
    source: run.source,
    subject: run.run,
    detail: {
      state,
      ...(outcome && sweepCounts(outcome)),
      ...trouble,
      ...(stops ? { sweepStopped: true, failures: inRow } : {}),
    },
  }
  return ports.sweepStore.end(run.run, { ...result, stops }, quiet ? [] : [entry])
}

function troubleOf(error: unknown): SweepTrouble {
  if (error instanceof RedriveError) {
    return { code: error.code, reason: plain(error.detail['reason'] ?? error.code) }
  }
  return { code: 'internal', reason: error instanceof Error ? error.message : String(error) }
}
