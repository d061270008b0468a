import { eventIterator } from '@orpc/contract'
import { z } from 'zod'
import { environment, id, name, procedure, time } from './base.ts'
import { errorCode } from './errors.ts'

/** Seconds, rows, messages a second. `src-main/domain/sweep-policy.ts` holds the same limits for the workspace file. */
export const sweepSettings = z.strictObject({
  everySec: z.number().int().min(5).max(86_400),
  batch: z.number().int().min(1).max(1_000),
  rate: z.number().min(1).max(100_000).nullable(),
  attemptsMax: z.number().int().min(1).max(1_000),
  stuckAfterSec: z.number().int().min(1).max(2_592_000),
  backoff: z.strictObject({
    firstSec: z.number().min(1).max(86_400),
    factor: z.number().min(1).max(10),
    capSec: z.number().min(1).max(2_592_000),
    jitter: z.number().min(0).max(1),
  }),
  order: z.enum(['chain', 'none']),
  resendUnknown: z.literal(false),
})
export type SweepSettings = z.infer<typeof sweepSettings>

const sweepTrouble = z.object({ code: errorCode, reason: z.string() })

export const sweepOutcome = z.object({
  /** The job with its messages; null: nothing was due. */
  job: id.nullable(),
  claimed: z.number().int(),
  confirmed: z.number().int(),
  retried: z.number().int(),
  failed: z.number().int(),
  unknown: z.number().int(),
  returned: z.number().int(),
  refused: z.number().int(),
  /** Made failed without a publish: their attempts were used up. */
  expired: z.number().int(),
  interruption: sweepTrouble.nullable(),
})
export type SweepOutcome = z.infer<typeof sweepOutcome>

export const sweepRun = z.object({
  run: id,
  source: name,
  trigger: z.enum(['schedule', 'operator']),
  operator: z.string(),
  /** The process that carries it out, or did. */
  by: z.object({ host: z.string(), pid: z.number().int() }).exactOptional(),
  startedAt: time,
  endedAt: time.nullable(),
  state: z.enum(['running', 'done', 'stopped', 'failed']),
  outcome: sweepOutcome.nullable(),
  trouble: sweepTrouble.nullable(),
})
export type SweepRun = z.infer<typeof sweepRun>

export const sweep = z.object({
  source: name,
  environment,
  deliverTo: name.nullable(),
  /** What applies; where nobody has set one up, the settings that a first one would have. */
  settings: sweepSettings,
  isSetUp: z.boolean(),
  /**
   * `unapproved`: the workspace file says on, but nobody switched on just this on this machine; `stopped`: failed three
   * times in a row.
   */
  state: z.enum(['off', 'unapproved', 'on', 'stopped']),
  stopped: sweepTrouble.nullable(),
  failures: z.number().int(),
  nextRunAt: time.nullable(),
  /** Newest first; the first one may be running. */
  runs: z.array(sweepRun),
})
export type Sweep = z.infer<typeof sweep>

/** Runs that a list shows of each source. */
export const SWEEP_RUNS_MAX = 50

const typedName = z.string().max(64).nullable()

export const sweeps = {
  /** One for each source of the workspace. */
  list: procedure
    .input(z.strictObject({ runs: z.number().int().min(0).max(SWEEP_RUNS_MAX) }))
    .output(z.object({ sweeps: z.array(sweep) })),
  /** Changing one that is on needs the source unlocked and, in production, its name typed. */
  configure: procedure
    .input(z.strictObject({ source: name, settings: sweepSettings, typedName }))
    .output(sweep),
  /** Needs the source unlocked and, in production, its name typed. Forgets failures. */
  enable: procedure.input(z.strictObject({ source: name, typedName })).output(sweep),
  /** Always possible. Ends a run that is under way: what had begun is waited for and settled. */
  disable: procedure.input(z.strictObject({ source: name })).output(sweep),
  /** Begins a run and answers at once. Needs the source unlocked, or its sweep switched on. */
  runNow: procedure.input(z.strictObject({ source: name })).output(sweepRun),
  /** The run now, and once more when it has ended. */
  watch: procedure.input(z.strictObject({ run: id })).output(eventIterator(sweepRun)),
  /** Publishes nothing more; what had begun is waited for and settled. */
  stop: procedure.input(z.strictObject({ source: name })).output(z.object({})),
}
