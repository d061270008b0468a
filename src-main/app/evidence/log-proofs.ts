import type { RecordLetter } from '../../domain/dead-letter/record-letter.ts'
import { RedriveError } from '../../domain/errors.ts'
import type { EvidenceReason, Sighting } from '../../domain/evidence.ts'
import type { LogEvidence } from '../../domain/workspace.ts'
import type { PartitionSpan, RecordLog } from '../../ports/topics.ts'
import { spanSize, tails } from '../brokers/spans.ts'
import { LogChanged, LogLanes, requireSpans } from './log-lanes.ts'
import type { LogPlace } from './log-lanes.ts'
import { recordMessageId, sameId } from './record-id.ts'

/** Records that a first look goes back for. */
export const RECORDS_MAX = 200_000
/** Records whose ids are kept in memory, in units of those: one more, and they are read anew. */
const HELD_TIMES = 2
/** By so much the clock that dates the records may be behind the one that dates the messages. */
export const SKEW_MS = 600_000
const READ_ATTEMPTS = 2

interface Proof {
  times: number
  /** Null: no record has a time. */
  firstMs: number | null
}

/**
 * What the records of a log prove, kept from one look to the next: a log can be read from a time on, but not asked for an id.
 * Each look reads what has come since.
 */
export class LogProofs {
  readonly #config: LogEvidence
  readonly #recordsMax: number
  #lanes = this.#newLanes()
  #proofs = new Map<string, Proof>()
  #withdrawn = new Set<string>()
  #hasStrangers = false
  /** Every record from then on was read. */
  #sinceMs = Infinity
  /** Nothing from then on had been removed before it was read. */
  #wholeMs = Infinity
  /** More have come since than a look goes back for. */
  #tooFarMs = -Infinity
  /** What was stored then may have been removed already. */
  #cutMs = -Infinity
  #isBehind = false

  /** `recordsMax`: RECORDS_MAX where it is not said. */
  constructor(config: LogEvidence, { recordsMax = RECORDS_MAX }: { readonly recordsMax?: number } = {}) {
    this.#config = config
    this.#recordsMax = recordsMax
  }

  /**
   * Reads on to the end, and back to the first record that can be about a message stored at one of these times. What it could
   * not do is a doubt afterwards. Throws RedriveError where the log could not be read; `evidence-unreachable` where it changed
   * while it was.
   */
  async catchUp(log: RecordLog, storedMs: readonly number[], signal: AbortSignal): Promise<void> {
    const wanted = [...new Set(storedMs)].map((ms) => ms - SKEW_MS).sort((one, other) => one - other)
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#read({ log, topic: this.#config.log }, wanted, signal)
      } catch (error) {
        const isChanged = error instanceof LogChanged
        if (isChanged || this.#lanes.torn) this.#startAgain()
        if (!isChanged) throw error
        if (attempt === READ_ATTEMPTS)
          throw new RedriveError('evidence-unreachable', 'later', { reason: error.message }, { cause: error })
      }
    }
  }

  sighting(messageId: string): Sighting {
    const { times, firstMs } = this.#proofs.get(sameId(messageId)) ?? { times: 0, firstMs: null }
    const consumedAt = firstMs === null ? null : new Date(firstMs).toISOString()
    return { seen: times, consumed: times, consumedAt }
  }

  /** Why it proves nothing that there is no record of a message; null: it does. */
  doubt(messageId: string, storedMs: number): EvidenceReason | null {
    const fromMs = storedMs - SKEW_MS
    if (this.#withdrawn.has(sameId(messageId))) return 'withdrawn'
    if (this.#isBehind || fromMs < this.#sinceMs) return 'not-all-read'
    if (fromMs < this.#wholeMs) return 'older-than-retention'
    return this.#hasStrangers ? 'records-without-id' : null
  }

  async #read(place: LogPlace, wanted: readonly number[], signal: AbortSignal): Promise<void> {
    const { log, topic } = place
    const spans = await requireSpans(log.partitions(topic, signal), topic)
    const held = this.#lanes.size + this.#lanes.ahead(spans)
    if (held > HELD_TIMES * this.#recordsMax || this.#lanes.missed(spans)) this.#startAgain()
    const starts = new Starts(place, signal)
    if (
      this.#lanes.isUnknown &&
      this.#sinceMs < Infinity &&
      !this.#lanes.couldBegin(await starts.at(this.#sinceMs))
    )
      this.#startAgain()
    const back = await this.#oldestRead(starts, wanted)
    const whole = await this.#oldestWhole(starts, wanted, spans)
    const asked =
      back?.spans ?? (this.#lanes.isWhole ? this.#lanes.kept(spans) : tails(spans, this.#recordsMax))
    await this.#lanes.read(place, asked, signal)
    this.#isBehind = asked.some(({ endsLater }) => endsLater)
    this.#sinceMs = Math.min(this.#sinceMs, back?.ms ?? Infinity)
    this.#wholeMs = Math.min(this.#wholeMs, whole)
  }

  /** The oldest of these times from which on not too much is to be read; null: no need, or none. */
  async #oldestRead(
    starts: Starts,
    wanted: readonly number[],
  ): Promise<{ readonly ms: number; readonly spans: readonly PartitionSpan[] } | null> {
    const open = wanted.filter((ms) => ms > this.#tooFarMs && ms < this.#sinceMs)
    const first = await firstThat(open, async (ms) => {
      const isNear = total(await starts.at(ms)) <= this.#recordsMax
      if (!isNear) this.#tooFarMs = Math.max(this.#tooFarMs, ms)
      return isNear
    })
    return first === null ? null : { ms: first, spans: await starts.at(first) }
  }

  /**
   * The oldest of these times before which a record still stands in each partition, or from which nothing was ever removed.
   * One that is empty by now says nothing: what retention removes by age is what the configuration says.
   */
  async #oldestWhole(
    starts: Starts,
    wanted: readonly number[],
    spans: readonly PartitionSpan[],
  ): Promise<number> {
    const cut = spans.filter(({ begin, end }) => begin > 0n && begin < end)
    const begins = new Map(cut.map(({ partition, begin }) => [partition, begin]))
    const open = wanted.filter((ms) => ms > this.#cutMs && ms < this.#wholeMs)
    const first = await firstThat(open, async (ms) => {
      if (cut.length === 0) return true
      const found = await starts.at(ms)
      const isWhole = found.every(({ partition, begin }) => begin > (begins.get(partition) ?? -1n))
      if (!isWhole) this.#cutMs = Math.max(this.#cutMs, ms)
      return isWhole
    })
    return first ?? Infinity
  }

  #take(record: RecordLetter): void {
    const { messageId: place } = this.#config
    const id = recordMessageId(record, place)
    if (id === null) {
      this.#hasStrangers = true
      return
    }
    const name = sameId(id)
    if (place === 'key' && record.value === null) return void this.#withdrawn.add(name)
    const ms = record.at === null ? null : Date.parse(record.at)
    const known = this.#proofs.get(name)
    if (known === undefined) return void this.#proofs.set(name, { times: 1, firstMs: ms })
    known.times += 1
    if (ms !== null && (known.firstMs === null || ms < known.firstMs)) known.firstMs = ms
  }

  #startAgain(): void {
    this.#lanes = this.#newLanes()
    this.#proofs = new Map()
    this.#withdrawn = new Set()
    this.#hasStrangers = false
    this.#sinceMs = Infinity
    this.#wholeMs = Infinity
    this.#tooFarMs = -Infinity
    this.#cutMs = -Infinity
  }

  #newLanes(): LogLanes {
    return new LogLanes((record) => this.#take(record))
  }
}

/** Where each partition begins at a time; asked once. */
class Starts {
  readonly #place: LogPlace
  readonly #signal: AbortSignal
  readonly #known = new Map<number, Promise<readonly PartitionSpan[]>>()

  constructor(place: LogPlace, signal: AbortSignal) {
    this.#place = place
    this.#signal = signal
  }

  at(ms: number): Promise<readonly PartitionSpan[]> {
    const { log, topic } = this.#place
    const known = this.#known.get(ms)
    if (known !== undefined) return known
    const asked = requireSpans(log.offsetsAt(topic, Math.max(0, ms), this.#signal), topic)
    this.#known.set(ms, asked)
    return asked
  }
}

/** Of times in order, of which all after the first one hold that holds. */
async function firstThat(
  times: readonly number[],
  holds: (ms: number) => Promise<boolean>,
): Promise<number | null> {
  const [oldest] = times
  if (oldest === undefined) return null
  // As a rule the oldest one will do.
  if (await holds(oldest)) return oldest
  let [low, high] = [1, times.length]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (await holds(times[middle] ?? Infinity)) high = middle
    else low = middle + 1
  }
  return times[low] ?? null
}

function total(spans: readonly PartitionSpan[]): number {
  return spans.reduce((sum, span) => sum + spanSize(span), 0)
}
