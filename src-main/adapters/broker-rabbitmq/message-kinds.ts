import type { Options } from 'amqplib'
import type { OutgoingMessage } from '../../domain/outcome.ts'
import { headerTable } from './headers.ts'

/** Kinds that are kept; where each message has headers of its own they help nobody. */
const KINDS_MAX = 64

/** What messages have in common that differ in id, place and payload only. */
export interface MessageKind {
  /** Without the id. Must not be changed. */
  readonly properties: Options.Publish
  /** It was asked for before, so more of its messages are to be expected. */
  readonly isKnown: boolean
}

type Described = Pick<OutgoingMessage, 'headers' | 'redriveHeaders' | 'type'> & {
  readonly contentType: string
}

/**
 * One kind for all messages that say the same. amqplib makes each table of headers the prototype of another object, and
 * what V8 builds around a prototype, a kilobyte, stays until its next full collection; and what is encoded for one message
 * of a kind need not be encoded for the next.
 */
export class MessageKinds {
  #own: OutgoingMessage['redriveHeaders'] | null = null
  #last: { readonly described: Described; readonly kind: MessageKind } | null = null
  readonly #known = new Map<string, MessageKind>()

  /** Throws HeaderRefusal and RangeError, see `headerTable`. */
  of(described: Described): MessageKind {
    if (this.#last !== null && isSame(this.#last.described, described)) return this.#last.kind
    if (described.redriveHeaders !== this.#own || this.#known.size >= KINDS_MAX) {
      this.#own = described.redriveHeaders
      this.#known.clear()
    }
    const { headers, type, contentType } = described
    const name = JSON.stringify([headers, type, contentType])
    const known = this.#known.get(name)
    if (known === undefined) {
      const properties = propertiesOf(described)
      this.#known.set(name, { properties, isKnown: true })
      return { properties, isKnown: false }
    }
    this.#last = { described, kind: known }
    return known
  }
}

function isSame(one: Described, other: Described): boolean {
  return (
    one.redriveHeaders === other.redriveHeaders &&
    one.headers === other.headers &&
    one.type === other.type &&
    one.contentType === other.contentType
  )
}

function propertiesOf({ headers, redriveHeaders, type, contentType }: Described): Options.Publish {
  return {
    persistent: true,
    mandatory: true,
    contentType,
    headers: { ...(headers === null ? {} : headerTable(headers)), ...redriveHeaders },
    ...(type === null ? {} : { type }),
  }
}
