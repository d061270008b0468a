import { letterDigest } from '../../domain/dead-letter/letter.ts'
import { own } from '../../domain/dead-letter/own-headers.ts'
import { redrivenCopy } from '../../domain/dead-letter/redriven.ts'
import { RedriveError } from '../../domain/errors.ts'
import { say } from '../../domain/text.ts'
import type { Job, JobItem } from '../../domain/job.ts'
import type { HeldLetter, Holding } from '../../ports/dead-letters.ts'
import type { ItemQuery, JobReader } from '../../ports/job-store.ts'
import type { ClaimRequest, ClaimResult, MarkRequest, MarkResult } from '../../ports/outbox.ts'
import type { Clock } from '../../ports/surroundings.ts'

/** Messages of a queue that one run walks through at most; they stay with Redrive until it ends. */
export const HELD_MAX = 50_000
const WALK_BATCH = 200
const ITEMS_PAGE = 1_000
/**
 * A broker puts back what a process held that died, but not at once: letters that are missed are looked for again this
 * often, in all, before they count as gone.
 */
export const RETURN_TRIES_MAX = 6
const RETURN_PAUSE_MS = 500

export interface QueueRowsOptions {
  readonly jobReader: JobReader
  readonly clock: Clock
  readonly job: Job
  readonly hold: (signal: AbortSignal) => Promise<Holding>
}

interface Found extends HeldLetter {
  readonly digest: string
}

/**
 * The messages of a queue as the rows of a job.
 *
 *   claimed    = got and not acknowledged: nobody else has it, and the broker puts it back when this process dies
 *   confirmed  = acknowledged, only after the publish was confirmed and that is written down
 *   all else   = stays as it is, and is put back when the run ends
 *
 * A queue has no keys, so it is walked from its head until what is wanted was met. What is met and not wanted is held too:
 * put back at once it would be met again.
 */
export class QueueRows {
  readonly #options: QueueRowsOptions
  #holding: Holding | null = null
  /** Ids of items that are not over, by the digest of their letter. */
  #wanted = new Map<string, string[]>()
  #found = new Map<string, Found>()
  #walked = 0
  #atEnd = false
  #returnTries = 0
  /** A run claims ahead and marks meanwhile; of two calls at once each would open the queue for itself. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(options: QueueRowsOptions) {
    this.#options = options
  }

  /** A letter that is no longer in the queue, or is another one by now, is not claimed. */
  claim(
    requests: readonly ClaimRequest[],
    _token: string,
    signal: AbortSignal,
  ): Promise<readonly ClaimResult[]> {
    return this.#inTurn(() => this.#claim(requests, signal))
  }

  /**
   * Confirmed ones leave the queue. One that cannot be found is not said to have left it: after a crash it may have, or
   * the broker has not put it back yet.
   */
  mark(
    requests: readonly MarkRequest[],
    _token: string,
    signal: AbortSignal,
  ): Promise<readonly MarkResult[]> {
    return this.#inTurn(() => this.#mark(requests, signal))
  }

  /** Of the job's unsettled letters, those that are in the queue. */
  present(ids: readonly string[], signal: AbortSignal): Promise<ReadonlySet<string>> {
    return this.#inTurn(async () => {
      await this.#meet(ids, signal)
      return new Set(ids.filter((id) => this.#found.has(id)))
    })
  }

  async claimDue(): Promise<never> {
    throw new RedriveError('action-refused', 'never', {
      action: 'sweep',
      reason: say('refused.queue-sweep'),
      instead: say('instead.redrive'),
    })
  }

  close(): Promise<void> {
    return this.#inTurn(async () => {
      const holding = this.#holding
      this.#forget()
      await holding?.close()
    })
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work)
    this.#turn = result.catch(() => undefined)
    return result
  }

  async #claim(requests: readonly ClaimRequest[], signal: AbortSignal): Promise<readonly ClaimResult[]> {
    await this.#meet(
      requests.map(({ id }) => id),
      signal,
    )
    return requests.map(({ id }): ClaimResult => {
      const found = this.#found.get(id)
      if (found === undefined) return { id, claimed: false }
      const { letter, digest } = found
      const redriven = redrivenCopy(letter, digest)
      const copy = { ...redriven, headers: { ...redriven.headers, [own.letter]: id } }
      // Kept once more only where it goes out: the queue may hold much.
      return {
        id,
        claimed: true,
        version: '',
        attempts: timesOf(redriven.headers),
        content: { payload: '', headers: null },
        copy,
        digest,
      }
    })
  }

  async #mark(requests: readonly MarkRequest[], signal: AbortSignal): Promise<readonly MarkResult[]> {
    const leaving = requests.filter(({ as }) => as === 'confirm').map(({ id }) => id)
    if (leaving.length > 0) {
      await this.#meet(leaving, signal)
      const tags = leaving.flatMap((id) => this.#found.get(id)?.tag ?? [])
      await this.#onHolding((holding) => holding.remove(tags, signal), signal)
    }
    return requests.map(({ id, as }): MarkResult => {
      // What is not confirmed stays where it is.
      const done = as !== 'confirm' || this.#found.delete(id)
      return done ? { id, marked: true, version: '' } : { id, marked: false }
    })
  }

  /** Walks on until all of these were met or the queue has no more, also of what comes back to it. */
  async #meet(ids: readonly string[], signal: AbortSignal): Promise<void> {
    const missing = (): boolean => ids.some((id) => !this.#found.has(id))
    await this.#walk(missing, signal)
    while (missing() && this.#returnTries < RETURN_TRIES_MAX) {
      this.#returnTries += 1
      await this.#options.clock.sleep(RETURN_PAUSE_MS, signal)
      this.#atEnd = false
      await this.#walk(missing, signal)
    }
  }

  async #walk(missing: () => boolean, signal: AbortSignal): Promise<void> {
    while (missing() && !this.#atEnd) {
      const letters = await this.#onHolding((holding) => holding.next(WALK_BATCH, signal), signal)
      if (letters.length < WALK_BATCH) this.#atEnd = true
      this.#walked += letters.length
      for (const held of letters) this.#keep(held)
      if (this.#walked >= HELD_MAX && missing() && !this.#atEnd) {
        throw new RedriveError('plan-too-large', 'never', { limit: HELD_MAX })
      }
    }
  }

  #keep(held: HeldLetter): void {
    const digest = letterDigest(held.letter)
    const id = this.#wanted.get(digest)?.shift()
    if (id !== undefined) this.#found.set(id, { ...held, digest })
  }

  async #onHolding<T>(work: (holding: Holding) => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.#holding === null) {
      this.#wanted = await this.#unfinished()
      this.#holding = await this.#options.hold(signal)
    }
    const holding = this.#holding
    try {
      return await work(holding)
    } catch (error) {
      // Whatever it held is back in the queue: the next call begins anew.
      this.#forget()
      await holding.close()
      throw error
    }
  }

  #forget(): void {
    this.#holding = null
    this.#found.clear()
    this.#wanted.clear()
    this.#walked = 0
    this.#atEnd = false
    this.#returnTries = 0
  }

  async #unfinished(): Promise<Map<string, string[]>> {
    const wanted = new Map<string, string[]>()
    const open = { states: ['planned', 'claiming', 'publishing', 'settling'] } as const
    for (const query of [open, { unsettled: true }]) {
      for await (const { id, payloadDigest } of this.#items(query)) {
        const ids = wanted.get(payloadDigest)
        if (ids === undefined) wanted.set(payloadDigest, [id])
        else ids.push(id)
      }
    }
    return wanted
  }

  async *#items(query: Pick<ItemQuery, 'states' | 'unsettled'>): AsyncGenerator<JobItem> {
    const { jobReader, job } = this.#options
    for (let afterSeq = 0; ;) {
      const items = await jobReader.items(job.job, { ...query, afterSeq, limit: ITEMS_PAGE })
      yield* items
      const last = items.at(-1)
      if (last === undefined) return
      afterSeq = last.seq
    }
  }
}

function timesOf(headers: Readonly<Record<string, unknown>>): number {
  const times = headers['x-redrive-times']
  return typeof times === 'number' ? times : 1
}
