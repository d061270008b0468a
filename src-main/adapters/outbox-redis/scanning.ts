import type { Redis } from 'ioredis'
import { RedriveError } from '../../domain/errors.ts'
import type { Parts } from './parts.ts'
import { guarded } from './reading.ts'
import { orderOf, OWN_PREFIX } from './staging.ts'

/** Keys or members that the server looks at in one step. */
const STEP = 1_000
/** Ids that are held to put them in order. */
const IDS_MAX = 500_000

export interface Scanned {
  /** In their order, each once. */
  readonly ids: readonly string[]
  /** False: time, or the number that can be held, ran out before the end; SCAN has no order, so any may be missing. */
  readonly complete: boolean
}

/** So many ids are not looked for anew for each page of a list. */
const MANY = 20_000
const KEPT_MS = 5_000

const lately = new WeakMap<Parts['client'], Scanned & { readonly atMs: number }>()

/** The same; where there are many, as they were a few seconds ago at most. */
export async function recentIds(parts: Parts, budgetMs: number, signal: AbortSignal): Promise<Scanned> {
  const known = lately.get(parts.client)
  if (known !== undefined && performance.now() - known.atMs < KEPT_MS) return known
  const scanned = await scanIds(parts, budgetMs, signal)
  if (scanned.complete && scanned.ids.length >= MANY)
    lately.set(parts.client, { ...scanned, atMs: performance.now() })
  return scanned
}

/** Walks through all ids in small steps, never with KEYS, until the end or until time is up. */
export async function scanIds(parts: Parts, budgetMs: number, signal: AbortSignal): Promise<Scanned> {
  const endsAt = performance.now() + budgetMs
  const ids = new Set<string>()
  for (const server of serversOf(parts)) {
    let cursor: string | null = '0'
    do {
      if (performance.now() >= endsAt || ids.size >= IDS_MAX) return { ids: ordered(ids), complete: false }
      const at: string = cursor
      const step = await guarded(parts, 'read', signal, () => stepOf(parts, server, at))
      for (const id of step.ids) if (!id.startsWith(OWN_PREFIX)) ids.add(id)
      cursor = step.next
    } while (cursor !== null)
  }
  return { ids: ordered(ids), complete: true }
}

/** Keys of their own are spread over all servers of a cluster; one key is on one, which the client knows. */
function serversOf({ client, staged, detail }: Parts): readonly Redis[] {
  const servers = client.masters()
  const [first] = servers
  // None known is not the same as nothing there.
  if (first === undefined)
    throw new RedriveError('connection-lost', 'later', {
      ...detail,
      reason: 'no node of the cluster is known',
    })
  return staged.layout === 'hash' || staged.layout === 'json' ? servers : [first]
}

async function stepOf(
  { client, staged, table }: Parts,
  server: Redis,
  cursor: string,
): Promise<{ readonly ids: readonly string[]; readonly next: string | null }> {
  const { redis } = client
  switch (staged.layout) {
    case 'hash':
    case 'json': {
      const kind = staged.layout === 'hash' ? 'hash' : 'string'
      const [next, ids] = await server.scan(cursor, 'MATCH', table, 'COUNT', STEP, 'TYPE', kind)
      return { ids, next: nextOf(next) }
    }
    case 'fields': {
      const [next, pairs] = await redis.hscan(table, cursor, 'COUNT', STEP)
      return { ids: everySecond(pairs), next: nextOf(next) }
    }
    case 'sorted-set': {
      const [next, pairs] = await redis.zscan(table, cursor, 'COUNT', STEP)
      return { ids: everySecond(pairs), next: nextOf(next) }
    }
    case 'stream': {
      const entries = await redis.xrange(table, cursor === '0' ? '-' : `(${cursor}`, '+', 'COUNT', STEP)
      const ids = entries.map(([id]) => id)
      return { ids, next: ids.length < STEP ? null : (ids.at(-1) ?? null) }
    }
  }
}

function nextOf(cursor: string): string | null {
  return cursor === '0' ? null : cursor
}

function everySecond(pairs: readonly string[]): readonly string[] {
  return pairs.filter((_, at) => at % 2 === 0)
}

function ordered(ids: ReadonlySet<string>): readonly string[] {
  const placed = [...ids].map((id) => ({ id, order: orderOf(id) }))
  return placed.sort((a, b) => (a.order < b.order ? -1 : Number(a.order > b.order))).map(({ id }) => id)
}
