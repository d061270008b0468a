import type { ErrorCode } from '../../domain/errors.ts'
import { RedriveError } from '../../domain/errors.ts'
import type { Job } from '../../domain/job.ts'
import type { MessageState, MessageWithContent } from '../../domain/message.ts'
import type { Broker } from '../../ports/broker.ts'
import type { Outbox } from '../../ports/outbox.ts'
import type { EnginePorts } from '../engine-ports.ts'

/** Everything that one run of a job works with. */
export interface JobRun {
  readonly ports: EnginePorts
  readonly job: Job
  readonly outbox: Outbox
  readonly broker: Broker
  readonly token: string
  /** For effects that must be seen through once they have begun; never aborted by the operator. */
  readonly effects: AbortSignal
}

/** A row that this job holds: its claim stands in the source. */
export interface HeldItem {
  readonly seq: number
  readonly id: string
  readonly stateBefore: MessageState
}

/** Nothing of it has been published yet. */
export interface ClaimedItem extends HeldItem {
  readonly message: MessageWithContent
}

/** Why a run ends before all its items have. */
export interface Interruption {
  readonly code: ErrorCode
  readonly reason: string
}

export function interruptionOf(error: unknown): Interruption {
  if (error instanceof RedriveError)
    return { code: error.code, reason: String(error.detail['reason'] ?? error.code) }
  return { code: 'internal', reason: error instanceof Error ? error.message : String(error) }
}

/** Tries of one effect in the source, which the outbox port allows to be repeated, and the pause between them. */
const EFFECT_TRIES_MAX = 3
const EFFECT_PAUSE_MS = 500

/** Repeats an effect that may be repeated; what says `never` is not. */
export async function persist<T>(run: JobRun, effect: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await effect()
    } catch (error) {
      const final = !(error instanceof RedriveError) || error.retry === 'never' || attempt >= EFFECT_TRIES_MAX
      if (final || run.effects.aborted) throw error
      run.ports.log.warn({ job: run.job.job, code: error.code, attempt }, 'effect-repeated')
      // Closing ends the pause: what is told then is why the effect failed.
      await run.ports.clock.sleep(EFFECT_PAUSE_MS * attempt, run.effects).catch(() => {
        throw error
      })
    }
  }
}
