import { noChecks } from '../../domain/check-back.ts'
import type { CheckBackConfig, CheckOutcome, HalfStanding } from '../../domain/check-back.ts'
import { RedriveError } from '../../domain/errors.ts'
import { requireAction } from '../../domain/mapping/refusals.ts'
import { SWEEP_FAILURES_MAX } from '../../domain/sweep.ts'
import type { ScheduledRun, SweepTrouble } from '../../domain/sweep.ts'
import { plain } from '../../domain/text.ts'
import type { Message } from '../../domain/message.ts'
import type { RunEnd } from '../../ports/sweep-store.ts'
import type { Outbox } from '../../ports/outbox.ts'
import type { Beginning } from '../sweep/scheduled-runs.ts'
import type { Connections } from '../connections/connections.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { createAsk } from './ask.ts'
import { checkBatch, entryOf } from './check-batch.ts'
import type { BatchContext } from './check-batch.ts'
import { recoverHalves } from './recover-halves.ts'

/** Half messages of one batch: one journal entry of each kind, one statement of each decision. */
const BATCH = 100
const PAGE_ROWS = 500
const PAGE_BUDGET_MS = 10_000
/** Half messages that one run looks at; what is left is the next run's. */
const LOOKED_AT_MAX = 100_000
const SECOND_MS = 1_000

export type CheckRun = ScheduledRun<CheckOutcome>

export interface CheckContext {
  readonly ports: EnginePorts
  readonly connections: Connections
}

/** `ids`: just these, whenever they were asked about last, parked ones too; null: what is due. */
export type CheckScope = readonly string[] | null

/** A run that a person asked for is in the journal at once; one of the schedule by what it does. */
export async function beginCheckRun(
  { ports }: CheckContext,
  source: string,
  config: CheckBackConfig,
  { trigger, after }: Beginning,
): Promise<CheckRun> {
  const run = ports.ids.next('check')
  const { checksMax, firstAgeSec, againSec } = config
  const detail = { trigger, checksMax, firstAgeSec, againSec }
  const entry = entryOf(ports, 'check-back-begun', { source, run, detail })
  const owner = ports.processes.self
  return ports.checkRunStore.begin(
    { run, source, trigger, operator: ports.operator(), owner, after },
    trigger === 'operator' ? [entry] : [],
  )
}

/** Carries out a run that was begun. Never rejects but where the store fails: whatever else goes wrong is its trouble. */
export async function runCheckBack(
  context: CheckContext,
  run: CheckRun,
  work: { readonly config: CheckBackConfig; readonly scope: CheckScope },
  stop: AbortSignal,
): Promise<CheckRun> {
  let outcome = noChecks
  const add = (more: Partial<CheckOutcome>): void => {
    outcome = summed(outcome, more)
  }
  try {
    const ask = (outbox: Outbox) => askAbout(context, { outbox, run, ...work, add }, stop)
    const { ports, connections } = context
    await ports.loads.inBackground(() => connections.withOutbox(run.source, ask, stop))
    return await endCheckRun(context, run, {
      state: stop.aborted ? 'stopped' : 'done',
      outcome,
      trouble: null,
    })
  } catch (error) {
    const cancelled = stop.aborted && error instanceof RedriveError && error.code === 'cancelled'
    if (cancelled) return endCheckRun(context, run, { state: 'stopped', outcome, trouble: null })
    return endCheckRun(context, run, { state: 'failed', outcome, trouble: troubleOf(error) })
  }
}

interface Work {
  readonly outbox: Outbox
  readonly run: CheckRun
  readonly config: CheckBackConfig
  readonly scope: CheckScope
  readonly add: BatchContext['add']
}

async function askAbout({ ports, connections }: CheckContext, work: Work, stop: AbortSignal): Promise<void> {
  const { outbox, run, config, add } = work
  const { source } = run
  requireAction(outbox.mapping, 'check-back')
  await recoverHalves(ports, outbox, { source, run: run.run, againSec: config.againSec }, stop)
  const ask = createAsk({ ports, source, config })
  const batch: BatchContext = { ports, outbox, source, run: run.run, config, ask, add }
  for await (const ids of dueIds(ports, work, stop)) {
    for (let at = 0; at < ids.length && !stop.aborted; at += BATCH) {
      await connections.breathe(source, stop)
      const rows = await outbox.read(ids.slice(at, at + BATCH), stop)
      const waiting = rows.filter(({ state }) => state === 'waiting-confirm')
      if (waiting.length > 0) await checkBatch(batch, waiting, stop)
    }
  }
}

/** Ids to ask about, page by page, oldest first. */
async function* dueIds(
  ports: EnginePorts,
  { outbox, run, config, scope }: Work,
  stop: AbortSignal,
): AsyncGenerator<readonly string[]> {
  if (scope !== null) {
    yield scope
    return
  }
  const aged = outbox.mapping.times.created === undefined ? {} : { ageSecMin: config.firstAgeSec }
  const filter = { states: ['waiting-confirm' as const], ...aged }
  let cursor: string | null = null
  let looked = 0
  do {
    const query = { filter, order: 'oldest' as const, cursor, limit: PAGE_ROWS, budgetMs: PAGE_BUDGET_MS }
    const page = await outbox.list(query, stop)
    const ids = page.messages.map(({ id }) => id)
    const known = await ports.halfStore.standings(run.source, ids)
    const nowMs = ports.clock.now().getTime()
    yield page.messages.filter((one) => isDue(one, known.get(one.id), config, nowMs)).map(({ id }) => id)
    cursor = page.nextCursor
    looked += page.messages.length
  } while (cursor !== null && looked < LOOKED_AT_MAX && !stop.aborted)
}

function isDue(
  { checks = 0 }: Message,
  standing: HalfStanding | undefined,
  { againSec, checksMax }: CheckBackConfig,
  nowMs: number,
): boolean {
  if (standing === undefined) return checks < checksMax
  if (standing.state === 'parked') return false
  return nowMs - Date.parse(standing.askedAt) >= againSec * SECOND_MS
}

/** Ends a run whose process ended: what it did stands in the journal. */
export function abandonCheckRun(context: CheckContext, run: CheckRun): Promise<CheckRun> {
  const trouble = { code: 'process-ended', reason: 'the process that ran it ended' } as const
  return endCheckRun(context, run, { state: 'failed', outcome: null, trouble })
}

async function endCheckRun(
  { ports }: CheckContext,
  run: CheckRun,
  result: Omit<RunEnd<CheckOutcome>, 'stops'>,
): Promise<CheckRun> {
  const { outcome, trouble, state } = result
  const { failures } = await ports.checkRunStore.standing(run.source)
  const inRow = state === 'failed' ? failures + 1 : 0
  const stops = inRow >= SWEEP_FAILURES_MAX ? trouble : null
  const quiet = run.trigger === 'schedule' && trouble === null && (outcome?.asked ?? 0) === 0
  const stopped = stops === null ? {} : { scheduleStopped: true, failures: inRow }
  const detail = { state, ...outcome, ...trouble, ...stopped }
  const entry = entryOf(ports, 'check-back-ended', { source: run.source, run: run.run, detail })
  return ports.checkRunStore.end(run.run, { ...result, stops }, quiet ? [] : [entry])
}

function summed(outcome: CheckOutcome, more: Partial<CheckOutcome>): CheckOutcome {
  const names = Object.keys(noChecks) as (keyof CheckOutcome)[]
  return Object.fromEntries(
    names.map((name) => [name, outcome[name] + (more[name] ?? 0)]),
  ) as unknown as CheckOutcome
}

function troubleOf(error: unknown): SweepTrouble {
  if (error instanceof RedriveError) {
    return { code: error.code, reason: plain(error.detail['reason'] ?? error.code) }
  }
  return { code: 'internal', reason: error instanceof Error ? error.message : String(error) }
}
