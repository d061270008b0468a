import { RedriveError } from '../../domain/errors.ts'
import type { LookParts } from './parts.ts'

/** The whole outbox: read as one, written table by table. */
export type Whole<Parts extends LookParts> = Parts & {
  /** Each table alone; one of them where the outbox is one table. */
  readonly members: readonly Parts[]
}

/**
 * Runs an action on the tables that the rows are in, one after the other, each with the ids that it has there alone. The
 * answers are in the order of the requests and with their ids; a request that is of no table is answered by `none`.
 */
export async function onMembers<
  Parts extends LookParts,
  Request extends { readonly id: string },
  Result extends { readonly id: string },
>(
  whole: Whole<Parts>,
  requests: readonly Request[],
  run: (parts: Parts, requests: readonly Request[]) => Promise<readonly Result[]>,
  none: (id: string) => Result,
): Promise<readonly Result[]> {
  const [only, ...others] = whole.members
  if (only !== undefined && others.length === 0) return run(only, requests)
  const answers = new Map<string, Result>()
  for (const member of whole.members) {
    const mine = requests.flatMap((request) => {
      const id = idWithin(whole, member, request.id)
      return id === null ? [] : [{ outer: request.id, request: { ...request, id } }]
    })
    if (mine.length === 0) continue
    const results = await run(
      member,
      mine.map(({ request }) => request),
    )
    for (const [place, { outer }] of mine.entries()) {
      const result = results[place]
      if (result !== undefined) answers.set(outer, { ...result, id: outer })
    }
  }
  return requests.map(({ id }) => answers.get(id) ?? none(id))
}

/** The id that a row of the whole has in its own table; null: it is of another one. */
function idWithin(whole: LookParts, { sql, catalogue }: LookParts, id: string): string | null {
  const parts = whole.sql.key.parts(id)
  if (parts === null || parts.at(-1) !== catalogue.table) return null
  const own = parts.slice(0, -1)
  return sql.key.idOf(Object.fromEntries(sql.key.columns.map(({ as }, place) => [as, own[place] ?? null])))
}

/**
 * The same for a write that must not be repeated blindly. Each table has a transaction of its own: where a later one
 * fails, the earlier ones have been written, whatever the error says of its own.
 */
export function writeOnMembers<
  Parts extends LookParts,
  Request extends { readonly id: string },
  Result extends { readonly id: string },
>(
  whole: Whole<Parts>,
  requests: readonly Request[],
  run: (parts: Parts, requests: readonly Request[]) => Promise<readonly Result[]>,
  none: (id: string) => Result,
): Promise<readonly Result[]> {
  let written = false
  const once = async (parts: Parts, mine: readonly Request[]): Promise<readonly Result[]> => {
    try {
      const results = await run(parts, mine)
      written = true
      return results
    } catch (error) {
      if (!written || !(error instanceof RedriveError)) throw error
      throw new RedriveError(error.code, 'unknown-effect', error.detail, { cause: error })
    }
  }
  return onMembers(whole, requests, once, none)
}
