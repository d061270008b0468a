import { LOOK_MAX } from '../../domain/dead-letter/look.ts'
import type { LookedLetter } from '../../domain/dead-letter/look.ts'
import { placeName } from '../../domain/dead-letter/place.ts'
import type { DeadLetterPlace } from '../../domain/dead-letter/place.ts'
import { RedriveError } from '../../domain/errors.ts'
import type { LookCost, QueueFacts } from '../../ports/dead-letters.ts'
import type { Changes } from '../changes.ts'
import type { Connections } from '../connections/connections.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { boxFacts, boxOf, readBox } from './boxes.ts'
import type { Box } from './boxes.ts'

/** Looks that are kept in mind, one for each queue; the oldest is forgotten. */
const LOOKS_KEPT = 8

export interface Look {
  readonly look: string
  readonly place: DeadLetterPlace
  readonly at: string
  readonly facts: QueueFacts
  readonly letters: readonly LookedLetter[]
  /** There was no more. */
  readonly complete: boolean
}

export interface LookRequest extends DeadLetterPlace {
  /** Messages to read, at most LOOK_MAX. */
  readonly limit: number
  /** What the operator was told that it costs: where it costs more by now, nothing is read. */
  readonly costs: readonly LookCost[]
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

  /** Throws `look-refused` where a message could be lost by it, or where it costs what was not agreed to. */
  async look({ broker, queue, limit, costs }: LookRequest, signal: AbortSignal): Promise<Look> {
    const place = { broker, queue }
    const box = await this.#box(broker)
    const facts = await this.facts(place, signal)
    if (facts.refusal !== null) {
      throw new RedriveError('look-refused', 'never', { queue, refusal: facts.refusal })
    }
    const unseen = facts.costs.find((cost) => !costs.includes(cost))
    if (unseen !== undefined) throw new RedriveError('look-refused', 'never', { queue, refusal: unseen })
    const { ids, journal, operator, clock } = this.#ports
    const source = placeName(place)
    const id = ids.next('look')
    const detail = { queue, messages: facts.messages, limit, costs: [...facts.costs] }
    await journal.append({ action: 'dead-letters-looked', operator, source, subject: id, detail })
    const known = this.last(place)
    const before = known === null ? null : new Set(known.letters.map((letter) => letter.id))
    const found = await readBox(box, place, Math.min(limit, LOOK_MAX), signal)
    const letters = found.letters.map((letter) => ({
      ...letter,
      isNew: before === null ? null : !before.has(letter.id),
    }))
    const { complete } = found
    const look = { look: id, place, at: clock.now().toISOString(), facts, letters, complete }
    this.#keep(source, look)
    this.#changes.bump()
    return look
  }

  /** The last look into a queue; null: nobody has looked since the start of this process. */
  last(place: DeadLetterPlace): Look | null {
    return this.#looks.get(placeName(place)) ?? null
  }

  /** Throws `look-missing`: another look has taken its place, or the process is another one. */
  get(id: string): Look {
    const found = [...this.#looks.values()].find(({ look }) => look === id)
    if (found) return found
    throw new RedriveError('look-missing', 'never', { look: id })
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
