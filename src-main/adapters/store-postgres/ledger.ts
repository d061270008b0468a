import { randomUUID } from 'node:crypto'
import type { Head } from '../../domain/journal-check.ts'
import type { Queries } from './database.ts'
import type { LedgerOptions, Scope } from './scope.ts'
import { NOW, once, patiently, write } from './writing.ts'

/** The only way to change the store. */
export interface Ledger {
  /**
   * One transaction under the store's lock: whoever comes later sees it whole. On disk when it resolves, nothing of it
   * where it throws, but for `store-undecided`. May run `work` again where the connection was lost, after making sure that
   * nothing of it was written.
   */
  transact<T>(work: (scope: Scope) => Promise<T>): Promise<T>
  /** Reads, in one snapshot; turns whatever goes wrong into a RedriveError. */
  look<T>(work: (queries: Queries) => Promise<T>): Promise<T>
  /** Writes what nobody sees yet, without the lock. May be carried out twice. */
  prepare<T>(work: (queries: Queries & { readonly at: string }) => Promise<T>): Promise<T>
  /** The newest entry that this process knows to be on disk. */
  newest(): Head | null
  /** Writes down beside this console what the journal's head is. Waits for no server. */
  rest(): Promise<void>
}

export function openLedger(options: LedgerOptions): Ledger {
  const { db } = options
  const place = { ...options, writer: randomUUID() }
  let newest: Head | null = null
  let writes = 0
  /** One after the other: they would only wait for each other on the server. */
  let last: Promise<unknown> = Promise.resolve()

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work)
    last = turn.catch(() => undefined)
    return turn
  }
  const transact = <T>(work: (scope: Scope) => Promise<T>): Promise<T> => {
    return inTurn(async () => {
      const { result, head } = await write(place, () => (writes += 1), work)
      newest = head
      return result
    })
  }
  return {
    transact,
    look: (work) => patiently(place, () => db.read(work)),
    prepare: (work) =>
      patiently(place, () =>
        db.aside(async (queries) => {
          const now = await queries.get<{ at: string }>(`SELECT ${NOW} AS at`)
          return work({ ...queries, at: now?.at ?? '' })
        }),
      ),
    newest: () => newest,
    // The note is made at the beginning of a transaction, of what is on disk by then.
    rest: () =>
      inTurn(async () => {
        writes += 1
        await once(place, writes, async () => undefined)
      }),
  }
}
