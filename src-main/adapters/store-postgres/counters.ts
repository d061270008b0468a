import type { Counters } from '../store-rows/counters.ts'
import type { Queries } from './database.ts'

/** The counters follow the items in the same transaction, so nothing is ever recounted. */
export async function addCounters(queries: Queries, jobKey: number, add: Counters): Promise<void> {
  const { ended, confirmed, returned, refused, unknown, skipped, parked, unsettled, unmarked } = add
  await queries.run(
    `UPDATE jobs SET ended = ended + $2, confirmed = confirmed + $3, returned = returned + $4, refused = refused + $5,
       unknown = unknown + $6, skipped = skipped + $7, parked = parked + $8, unsettled = unsettled + $9,
       unmarked = unmarked + $10
     WHERE job_key = $1`,
    ...[jobKey, ended, confirmed, returned, refused, unknown, skipped, parked, unsettled, unmarked],
  )
}
