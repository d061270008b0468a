import type { Destination } from './message.ts'

/** Another place to send to. What is not named stays as each message has it. */
export interface Redirect {
  readonly exchange?: string
  readonly routingKey?: string
}

/**
 * - `redirect-empty`: it names neither exchange nor routing key;
 * - `too-long`: more bytes of UTF-8 than AMQP's short string holds;
 * - `not-text`: half a character, or a control character, as pasting leaves behind;
 * - `queue-missing`: the default exchange needs the name of a queue as its routing key.
 */
export interface RedirectProblem {
  readonly code: 'redirect-empty' | 'too-long' | 'not-text' | 'queue-missing'
  readonly field: keyof Redirect | null
}

/** AMQP's short string, in bytes of UTF-8. */
export const DESTINATION_BYTES_MAX = 255

const fields = ['exchange', 'routingKey'] as const
const controls = /\p{Cc}/u

/** What is wrong with a target as such; whether it exists is the broker's to say. Empty: nothing is. */
export function redirectProblems(redirect: Redirect): readonly RedirectProblem[] {
  const problems: RedirectProblem[] = []
  for (const field of fields) {
    const value = redirect[field]
    if (value === undefined) continue
    if (!value.isWellFormed() || controls.test(value)) problems.push({ code: 'not-text', field })
    else if (new TextEncoder().encode(value).length > DESTINATION_BYTES_MAX)
      problems.push({ code: 'too-long', field })
  }
  if (redirect.exchange === undefined && redirect.routingKey === undefined)
    problems.push({ code: 'redirect-empty', field: null })
  if (redirect.exchange === '' && redirect.routingKey === '')
    problems.push({ code: 'queue-missing', field: 'routingKey' })
  return problems
}

/** Where a message of `destination` goes; the same object where nothing changes. */
export function redirected(destination: Destination, redirect: Redirect | null): Destination {
  const exchange = redirect?.exchange ?? destination.exchange
  const routingKey = redirect?.routingKey ?? destination.routingKey
  if (exchange === destination.exchange && routingKey === destination.routingKey) return destination
  return { exchange, routingKey }
}
