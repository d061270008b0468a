import { withdrawn } from '../../domain/outcome.ts'
import type { OnOutcome } from '../../ports/broker.ts'

export interface Waiting {
  readonly answered: OnOutcome
  /** Aborted while it waits: it is passed over. */
  readonly signal: AbortSignal
  withdrawn: boolean
}

/** What has to wait until it can be sent, in the order of the calls. */
export class WaitingItems<Item extends Waiting> {
  readonly #items: Item[] = []
  readonly #heard = new WeakSet<AbortSignal>()
  readonly #stop: AbortSignal
  readonly #onWithdrawn: () => void
  #isAdvancing = false

  /** Whoever makes it looks again when something was taken back, which may have held up others; until `stop`. */
  constructor(onWithdrawn: () => void, stop: AbortSignal) {
    this.#onWithdrawn = onWithdrawn
    this.#stop = stop
  }

  get isEmpty(): boolean {
    return this.#items.length === 0
  }

  add(item: Item): void {
    const { signal } = item
    this.#items.push(item)
    if (this.#heard.has(signal)) return
    this.#heard.add(signal)
    // One listener for all items of a signal: Node looks through all of them to add another.
    signal.addEventListener('abort', () => this.#withdraw(signal), { once: true, signal: this.#stop })
  }

  /** Lets go what may, from the first on; stops at one that has to wait on. Within `go` it has no effect. */
  advance(go: (item: Item) => boolean): void {
    if (this.#isAdvancing) return
    this.#isAdvancing = true
    let gone = 0
    while (gone < this.#items.length) {
      const item = this.#items[gone]
      if (item !== undefined && !item.withdrawn && !go(item)) break
      gone += 1
    }
    this.#items.splice(0, gone)
    this.#isAdvancing = false
  }

  #withdraw(signal: AbortSignal): void {
    for (const item of this.#items.filter((one) => one.signal === signal && !one.withdrawn)) {
      item.withdrawn = true
      item.answered(withdrawn)
    }
    this.#onWithdrawn()
  }
}
