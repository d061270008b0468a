import type { OutgoingMessage } from '../../domain/outcome.ts'
import { headerTable } from './headers.ts'

/** Tables that are kept; where each message has headers of its own they help nobody. */
const TABLES_MAX = 64

type Table = Readonly<Record<string, unknown>>

/**
 * The headers of messages as tables, one for all messages that say the same. amqplib makes each table the prototype of
 * another object, and what V8 builds around a prototype, a kilobyte, stays until its next full collection.
 */
export class HeaderTables {
  #own: Table | null = null
  readonly #known = new Map<string | null, Table>()

  /** Must not be changed. Throws HeaderRefusal and RangeError, see `headerTable`. */
  of({ headers, redriveHeaders }: Pick<OutgoingMessage, 'headers' | 'redriveHeaders'>): Table {
    if (redriveHeaders !== this.#own || this.#known.size >= TABLES_MAX) {
      this.#own = redriveHeaders
      this.#known.clear()
    }
    const known = this.#known.get(headers)
    if (known !== undefined) return known
    const table = { ...(headers === null ? {} : headerTable(headers)), ...redriveHeaders }
    this.#known.set(headers, table)
    return table
  }
}
