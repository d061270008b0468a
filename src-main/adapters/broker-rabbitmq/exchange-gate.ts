import type { Denials } from './denials.ts'
import { refused } from './envelope.ts'
import type { Refused } from './envelope.ts'
import type { Exists } from './look.ts'

export interface ExchangeGateOptions {
  readonly denials: Denials
  readonly exchangeExists: (exchange: string, signal: AbortSignal) => Promise<Exists>
  /** Called when a question was answered and waiting messages may go on. */
  readonly onAnswer: () => void
  readonly stop: AbortSignal
}

/**
 * Which exchanges a publisher may send to. A publish to one that does not exist closes the channel and makes innocent
 * neighbours unknown, so each is asked for first, on another connection. What the question cannot tell (permission to
 * write, an internal exchange) the first message finds out, alone: `probe`.
 */
export class ExchangeGate {
  readonly #options: ExchangeGateOptions
  readonly #proven = new Set<string>()
  readonly #checked = new Map<string, Exists | 'asking'>()

  constructor(options: ExchangeGateOptions) {
    this.#options = options
  }

  admit(exchange: string): 'go' | 'wait' | 'probe' | Refused {
    const exists = this.#checked.get(exchange)
    if (exists === undefined) void this.#check(exchange)
    if (exists === undefined || exists === 'asking') return 'wait'
    if (exists === false) return refused('exchange-missing', `no exchange '${exchange}'`)
    if (this.#proven.has(exchange)) return 'go'
    return this.#options.denials.of(exchange) ?? 'probe'
  }

  /** The broker has taken a message for this exchange. */
  prove(exchange: string): void {
    this.#proven.add(exchange)
  }

  /** What was asked is asked again at the next message. */
  distrust(): void {
    for (const [exchange, exists] of this.#checked) if (exists !== 'asking') this.#checked.delete(exchange)
  }

  async #check(exchange: string): Promise<void> {
    this.#checked.set(exchange, 'asking')
    // Where it cannot be told, the first message finds out.
    const exists = await this.#options.exchangeExists(exchange, this.#options.stop).catch(() => null)
    this.#checked.set(exchange, exists)
    this.#options.onAnswer()
  }
}
