import type { Room } from '../../ports/load.ts'
import { Turns } from './turns.ts'
import type { Wanted } from './turns.ts'

/** The connections of one source, whichever pool has opened them: one that nobody uses makes room for another pool. */
export class Rooms {
  readonly #turns: Turns
  /** Unused ones, the longest first. */
  readonly #idle = new Map<Room, () => void>()

  constructor(limit: number) {
    this.#turns = new Turns(limit)
  }

  resize(limit: number): void {
    this.#turns.resize(limit)
  }

  /** Throws `source-busy`, `cancelled`. */
  async take(wanted: Omit<Wanted, 'long'>): Promise<Room> {
    if (this.#turns.isFull) this.#makeRoom()
    await this.#turns.take({ ...wanted, long: false })
    let isOpen = true
    const room: Room = {
      idle: (giveUp) => {
        this.#idle.set(room, giveUp)
        if (this.#turns.waiting > 0) this.#makeRoom()
      },
      busy: () => void this.#idle.delete(room),
      free: () => {
        this.#idle.delete(room)
        if (isOpen) this.#turns.end({ long: false })
        isOpen = false
      },
    }
    return room
  }

  #makeRoom(): void {
    const [oldest] = this.#idle
    if (oldest === undefined) return
    const [room, giveUp] = oldest
    this.#idle.delete(room)
    giveUp()
  }
}
