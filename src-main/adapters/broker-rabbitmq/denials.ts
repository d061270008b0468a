import type { Clock } from '../../ports/surroundings.ts'
import type { Refused } from './envelope.ts'

/** How long a refusal of a whole exchange is believed. */
const DENIAL_TRUST_MS = 10_000

/** What the broker says where the exchange as a whole is closed to us, not only one routing key. */
const WHOLE_EXCHANGE = /access to exchange|internal exchange/

/**
 * Exchanges that the broker lets nobody, or not us, publish to. It says so by closing the channel, so a job of a thousand
 * messages would need a thousand channels to hear it a thousand times.
 */
export class Denials {
  readonly #clock: Clock
  readonly #known = new Map<string, { readonly outcome: Refused; readonly untilMs: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  learn(exchange: string, outcome: Refused): void {
    if (!WHOLE_EXCHANGE.test(outcome.reason)) return
    this.#known.set(exchange, { outcome, untilMs: this.#clock.now().getTime() + DENIAL_TRUST_MS })
  }

  of(exchange: string): Refused | null {
    const denial = this.#known.get(exchange)
    if (denial === undefined) return null
    if (this.#clock.now().getTime() < denial.untilMs) return denial.outcome
    this.#known.delete(exchange)
    return null
  }
}
