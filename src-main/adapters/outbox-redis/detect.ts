import { RedriveError } from '../../domain/errors.ts'
import type { StagedForm } from '../../domain/mapping/mapping.ts'
import type { Client } from './client.ts'

const STEP = 1_000
/** Steps after which a pattern that fits nothing is given up. */
const STEPS_MAX = 2_000
const PATTERN = /[*?[]/

const BY_TYPE: Readonly<Record<string, StagedForm['layout']>> = {
  hash: 'fields',
  stream: 'stream',
  zset: 'sorted-set',
}

/**
 * What stands under the key, or under the keys of the pattern: the server tells the types. Throws RedriveError
 * `table-missing` where there is nothing, or something that holds no messages.
 */
export async function layoutOf(client: Client, table: string): Promise<StagedForm['layout']> {
  if (!PATTERN.test(table)) {
    const type = await client.redis.type(table)
    const found = BY_TYPE[type]
    if (found !== undefined) return found
    throw missing(table, type)
  }
  for (const server of client.masters()) {
    let cursor = '0'
    for (let step = 0; step < STEPS_MAX; step += 1) {
      const [next, [key]] = await server.scan(cursor, 'MATCH', table, 'COUNT', STEP)
      if (key !== undefined) {
        const type = await client.redis.type(key)
        if (type === 'hash') return 'hash'
        if (type === 'string') return 'json'
        throw missing(key, type)
      }
      cursor = next
      if (cursor === '0') break
    }
  }
  throw missing(table, 'none')
}

function missing(table: string, type: string): RedriveError {
  return new RedriveError('table-missing', 'never', { table, reason: `type ${type}` })
}
