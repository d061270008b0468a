import { ref, shallowRef } from 'vue'
import type { Environment } from '../../../src-preload/contract/base.ts'
import type { QueueFacts } from '../../../src-preload/contract/dead-letters.ts'
import { SETTLE_ITEMS_MAX, type Job, type Settlement } from '../../../src-preload/contract/jobs.ts'
import { toApiError } from '../../api/errors.ts'
import type { ApiError } from '../../api/errors.ts'
import { useClient } from '../../app/use-client.ts'

/** Undecided outcomes of one job: how many there are, and which of them were chosen. */
export interface SettleTarget {
  readonly job: string
  /** A source, or the place of dead letters: `broker/queue`. */
  readonly source: string
  readonly environment: Environment | null
  readonly unsettled: number
  readonly selected: readonly number[]
  /** Of those that are shown, proved to have been consumed. */
  readonly proved?: number
}

/**
 * `by-evidence`: sent, where the receiver is proved to have consumed it; `by-queue`: sent, where what was redriven is found
 * in the queue that it went to, and not sent where it could not have left it. The rest stays undecided.
 */
export type DecisionKind = Settlement | 'by-evidence' | 'by-queue'

/** A queue to look into, and what the operator was told that it costs. */
export interface QueueLook {
  readonly queue: string
  readonly costs: QueueFacts['costs']
  /** Nobody has taken messages out of it since the job began. */
  readonly untouched: boolean
}

interface Decision {
  readonly all: boolean
  readonly as: DecisionKind
  readonly reason: string
  readonly look: QueueLook | null
}

/** Decides job after job. What was decided stays decided where a later one fails: `done` says how many. */
export function useSettle(targets: () => readonly SettleTarget[]) {
  const client = useClient()
  const working = ref(false)
  const done = ref(0)
  const error = shallowRef<ApiError | null>(null)

  function settlePart(job: string, seqs: number[] | null, { as, reason, look }: Decision) {
    if (as === 'by-evidence') return client.jobs.settleByEvidence({ job, seqs })
    if (as !== 'by-queue') return client.jobs.settle({ job, seqs, as, reason })
    if (look === null) throw new Error('no queue was named')
    return client.jobs.settleByArrival({ job, seqs, ...look })
  }

  async function settleOne({ job, selected }: SettleTarget, decision: Decision): Promise<Job | null> {
    const parts = decision.all ? [null] : inParts(selected)
    let last: Job | null = null
    for (const seqs of parts) {
      const result = await settlePart(job, seqs, decision)
      done.value += result.settled
      last = result.job
    }
    return last
  }

  /** The jobs as they are now; null: one of them failed, and `error` says why. */
  async function settle(decision: Decision): Promise<Job[] | null> {
    if (working.value) return null
    working.value = true
    error.value = null
    const jobs: Job[] = []
    try {
      for (const target of targets()) {
        const job = await settleOne(target, decision)
        if (job !== null) jobs.push(job)
      }
    } catch (thrown) {
      error.value = toApiError(thrown)
    }
    working.value = false
    return error.value === null ? jobs : null
  }

  return { working, done, error, settle }
}

function inParts(seqs: readonly number[]): number[][] {
  const parts: number[][] = []
  for (let from = 0; from < seqs.length; from += SETTLE_ITEMS_MAX)
    parts.push(seqs.slice(from, from + SETTLE_ITEMS_MAX))
  return parts
}
