import { RedriveError } from '../../domain/errors.ts'

/** Of the turns that are given while work in the background waits, every so many-th is given to that. */
const BACKGROUND_EVERY = 4

export interface Wanted {
  readonly background: boolean
  /** One is always left for what is short. */
  readonly long: boolean
  readonly waitMs: number
  readonly signal: AbortSignal
}

interface Waiting extends Wanted {
  readonly begin: () => void
}

/** So many at a time; whoever comes later waits, a person before the background. */
export class Turns {
  #limit: number
  #used = 0
  #long = 0
  /** Turns given to persons while the background waited. */
  #passedOver = 0
  #waiting: Waiting[] = []

  constructor(limit: number) {
    this.#limit = limit
  }

  resize(limit: number): void {
    this.#limit = limit
    this.#give()
  }

  get isFull(): boolean {
    return this.#used >= this.#limit
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** Throws `source-busy`, `cancelled`. Whoever has taken a turn ends it by `end`. */
  async take(wanted: Wanted): Promise<void> {
    const { signal, waitMs } = wanted
    if (signal.aborted) throw new RedriveError('cancelled', 'later')
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const entry: Waiting = { ...wanted, begin: resolve }
    const leave = (error: RedriveError): void => {
      if (!this.#waiting.includes(entry)) return
      this.#waiting = this.#waiting.filter((one) => one !== entry)
      reject(error)
    }
    const abort = (): void => leave(new RedriveError('cancelled', 'later'))
    this.#waiting.push(entry)
    this.#give()
    if (!this.#waiting.includes(entry)) return
    const waitSec = Math.round(waitMs / 1_000)
    const late = setTimeout(() => leave(new RedriveError('source-busy', 'later', { waitSec })), waitMs)
    signal.addEventListener('abort', abort, { once: true })
    await promise.finally(() => {
      clearTimeout(late)
      signal.removeEventListener('abort', abort)
    })
  }

  end({ long }: Pick<Wanted, 'long'>): void {
    this.#used -= 1
    if (long) this.#long -= 1
    this.#give()
  }

  #give(): void {
    while (this.#used < this.#limit) {
      const next = this.#next()
      if (next === undefined) return
      this.#waiting = this.#waiting.filter((one) => one !== next)
      this.#used += 1
      if (next.long) this.#long += 1
      next.begin()
    }
  }

  #next(): Waiting | undefined {
    const may = this.#waiting.filter(({ long }) => !long || this.#long < this.#limit - 1)
    const person = may.find(({ background }) => !background)
    const behind = may.find(({ background }) => background)
    if (person === undefined || behind === undefined) {
      this.#passedOver = 0
      return person ?? behind
    }
    this.#passedOver = (this.#passedOver + 1) % BACKGROUND_EVERY
    return this.#passedOver === 0 ? behind : person
  }
}
