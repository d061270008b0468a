import type { Counters } from '../store-rows/counters.ts'
import type { Sqlite } from './database.ts'

/** The counters follow the items in the same transaction, so nothing is ever recounted. */
export function openCounters(db: Sqlite): (jobKey: number, counters: Counters) => void {
  const add = db.prepare<Counters & { jobKey: number }>(
    `UPDATE jobs SET ended = ended + @ended, confirmed = confirmed + @confirmed, returned = returned + @returned,
       refused = refused + @refused, unknown = unknown + @unknown, skipped = skipped + @skipped,
       parked = parked + @parked, unsettled = unsettled + @unsettled, unmarked = unmarked + @unmarked
     WHERE job_key = @jobKey`,
  )
  return (jobKey, counters) => {
    add.run({ ...counters, jobKey })
  }
}
