import type { PlanRedirect } from '../../../src-preload/contract/plans.ts'

/** Where to send instead, as it is typed. Null: as each row has it. An empty exchange is the default one. */
export interface RedirectForm {
  readonly exchange: string | null
  readonly routingKey: string | null
}
export type RedirectProblem = 'too-long' | 'control' | 'queue-missing'

/** AMQP's short string, in bytes of UTF-8. */
const DESTINATION_BYTES_MAX = 255

const bytes = (text: string): number => new TextEncoder().encode(text).length

export function redirectProblem({ exchange, routingKey }: RedirectForm): RedirectProblem | null {
  for (const text of [exchange, routingKey]) {
    if (text === null) continue
    if (bytes(text) > DESTINATION_BYTES_MAX) return 'too-long'
    if (/\p{Cc}/u.test(text)) return 'control'
  }
  // The default exchange delivers to the queue that the routing key names.
  return exchange === '' && routingKey === '' ? 'queue-missing' : null
}

/** Null: everything stays as the rows have it. */
export function readRedirect({ exchange, routingKey }: RedirectForm): PlanRedirect | null {
  if (exchange === null && routingKey === null) return null
  return {
    ...(exchange === null ? {} : { exchange }),
    ...(routingKey === null ? {} : { routingKey }),
  }
}
