import { LOOK_MAX } from '../../domain/dead-letter/look.ts'
import type { LookedLetter } from '../../domain/dead-letter/look.ts'
import { placeName } from '../../domain/dead-letter/place.ts'
import type { DeadLetterPlace } from '../../domain/dead-letter/place.ts'
import { RedriveError } from '../../domain/errors.ts'
import type { QueueFacts } from '../../ports/dead-letters.ts'
import type { Changes } from '../changes.ts'
import type { Connections } from '../connections/connections.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { announceLook } from './announce-look.ts'
import type { LookRequest } from './announce-look.ts'
import { boxFacts, boxOf, readBox } from './boxes.ts'
import type { Box } from './boxes.ts'

/** Looks that are kept in mind, one for each queue; the oldest is forgotten. */
const LOOKS_KEPT = 8

export interface Look {
  readonly look: string
  readonly place: DeadLetterPlace
  readonly at: string
  /** When this process looked before that; null: it had not. */
  readonly before: string | null
  /** Letters that nobody had redriven or discarded; of a queue all. */
  readonly open: number
  readonly facts: QueueFacts
  readonly letters: readonly LookedLetter[]
  /** There was no more. */
  readonly complete: boolean
}

/**
 * Looks into queues and topics of dead letters. Into a queue it is an act; each one is journalled before it begins, and
 * what it found is kept, so that nothing is read twice to be shown twice.
 */
export class Looking {
  readonly #ports: EnginePorts
  readonly #connections: Connections
  readonly #changes: Changes
  readonly #looks = new Map<string, Look>()

  constructor(ports: EnginePorts, connections: Connections, changes: Changes) {
    this.#ports = ports
    this.#connections = connections
    this.#changes = changes
  }

  /** Touches no message. Throws `queue-missing`, `topic-missing`, `no-dead-letters`. */
  async facts({ broker, queue }: DeadLetterPlace, signal: AbortSignal): Promise<QueueFacts> {
    return await boxFacts(await this.#box(broker), { broker, queue }, signal)
  }

  /** At most LOOK_MAX messages. Throws what announcing it does. */
  async look({ broker, queue, limit, costs }: LookRequest, signal: AbortSignal): Promise<Look> {
    const place = { broker, queue }
    const box = await this.#box(broker)
    const facts = await this.facts(place, signal)
    const source = placeName(place)
    const id = await announceLook(this.#ports, facts, { ...place, limit, costs })
    const known = this.last(place)
    const ids = known === null ? null : new Set(known.letters.map((letter) => letter.id))
    const found = await readBox(box, place, Math.min(limit, LOOK_MAX), signal)
    const letters = found.letters.map((letter) => ({
      ...letter,
      isNew: ids === null ? null : !ids.has(letter.id),
    }))
    const look = {
      look: id,
      place,
      at: this.#ports.clock.now().toISOString(),
      before: known?.at ?? null,
      open: letters.length - (await this.#marked(source, letters)),
      facts,
      letters,
      complete: found.complete,
    }
    this.#keep(source, look)
    this.#changes.bump()
    return look
  }

  /** The last look into a queue; null: nobody has looked since the start of this process. */
  last(place: DeadLetterPlace): Look | null {
    return this.#looks.get(placeName(place)) ?? null
  }

  /** What is known of dead letters without asking anybody: the last look into each place. */
  all(): readonly Look[] {
    return [...this.#looks.values()]
  }

  /** Throws `look-missing`: another look has taken its place, or the process is another one. */
  get(id: string): Look {
    const found = [...this.#looks.values()].find(({ look }) => look === id)
    if (found) return found
    throw new RedriveError('look-missing', 'never', { look: id })
  }

  /** Only records of a topic are there after they were dealt with. */
  async #marked(source: string, letters: readonly LookedLetter[]): Promise<number> {
    const ids = letters.flatMap(({ id, position }) => (position === null ? [] : [id]))
    return ids.length === 0 ? 0 : (await this.#ports.recordLedger.marks(source, ids)).size
  }

  #keep(source: string, look: Look): void {
    this.#looks.delete(source)
    this.#looks.set(source, look)
    const [oldest] = this.#looks.keys()
    if (this.#looks.size > LOOKS_KEPT && oldest !== undefined) this.#looks.delete(oldest)
  }

  async #box(name: string): Promise<Box> {
    return boxOf(name, await this.#connections.brokerNamed(name))
  }
}
