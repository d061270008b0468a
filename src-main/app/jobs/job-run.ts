import type { ErrorCode, Retry } from '../../domain/errors.ts'
import { plain } from '../../domain/text.ts'
import { isStoreFailure, RedriveError } from '../../domain/errors.ts'
import type { BrakePull, Job } from '../../domain/job.ts'
import type { Copy } from '../../domain/outcome.ts'
import type { Destination, MessageContent, MessageState } from '../../domain/message.ts'
import type { Broker } from '../../ports/broker.ts'
import type { MarkRequest } from '../../ports/outbox.ts'
import type { EnginePorts } from '../engine-ports.ts'
import type { Rows } from './rows.ts'
import type { RunStatus } from './run-status.ts'

/** Everything that one run of a job works with. */
export interface JobRun {
  readonly ports: EnginePorts
  readonly job: Job
  readonly outbox: Rows
  readonly broker: Broker
  readonly token: string
  readonly status: RunStatus
  /** How a row is marked whose outcome is known: a sweep tries again later, a resend leaves it to a person. */
  readonly markOf: (item: HeldItem, outcome: KnownOutcome) => MarkRequest
  /** For effects that must be seen through once they have begun; never aborted by the operator. */
  readonly effects: AbortSignal
}

/** A row that this job holds: its claim stands in the source. */
export interface HeldItem {
  readonly seq: number
  readonly id: string
  readonly stateBefore: MessageState
  /** With the one of this claim. */
  readonly attempts: number
}

/** Nothing of it has been published yet. */
export interface ClaimedItem extends HeldItem {
  readonly messageId: string
  readonly type: string | null
  readonly chainKey: string | null
  readonly destination: Destination
  readonly content: MessageContent
  /** Digest of the stored content, where another payload is sent; null: as stored. */
  readonly parentDigest: string | null
  /** A message of a broker that goes on as it is, in the place of the content. */
  readonly copy?: Copy
}

/** An outcome that says what to write into the row. */
export interface KnownOutcome {
  readonly outcome: 'confirmed' | 'returned' | 'refused'
  readonly reason: string | null
}

/** Why a run ends before all its items have. */
export interface Interruption {
  readonly code: ErrorCode
  readonly reason: string
  /** It may pass by itself: the run waits and tries again. */
  readonly passing: boolean
  /** The limit, where it was the brake. */
  readonly pulled?: BrakePull
}

export function interruptionOf(error: unknown): Interruption {
  if (error instanceof RedriveError) {
    const reason = plain(error.detail['reason'] ?? error.detail['problem'] ?? error.code)
    return { code: error.code, reason, passing: isPassing(error.code, error.retry) }
  }
  const reason = error instanceof Error ? error.message : String(error)
  return { code: 'internal', reason, passing: false }
}

/** A store that fails is not waited for: what happens meanwhile could not be written down. */
function isPassing(code: ErrorCode, retry: Retry): boolean {
  return retry !== 'never' && !isStoreFailure(code) && code !== 'job-busy' && code !== 'cancelled'
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
