import { RedriveError } from '../../domain/errors.ts'
import type { LeaseStore } from '../../ports/leases.ts'
import { classify } from './classify.ts'
import type { Database, Queries } from './database.ts'

/** Leases that ran out so long ago are forgotten: nothing of their processes can be under way any more. */
const KEPT_HOURS = 24

/**
 * Beside the other writes and without their patience: whoever waits for a server cannot say that it is there, and its
 * lease runs out meanwhile.
 */
export function openLeases(db: Database, store: string): LeaseStore {
  const once = async <T>(work: (queries: Queries) => Promise<T>): Promise<T> => {
    try {
      return await db.aside(work)
    } catch (error) {
      throw classify(error, store)
    }
  }
  return {
    renew: ({ host, pid, instance }, leaseMs) =>
      once(async (queries) => {
        await queries.run(
          `INSERT INTO owners (instance, host, pid, until) VALUES ($1, $2, $3,
             clock_timestamp() + $4::bigint * interval '1 millisecond')
           ON CONFLICT (instance) DO UPDATE SET until = excluded.until`,
          ...[instance, host, pid, leaseMs],
        )
        await queries.run(
          `DELETE FROM owners WHERE until < clock_timestamp() - interval '${KEPT_HOURS} hours'`,
        )
        const live = await queries.all<{ instance: string }>(
          'SELECT instance FROM owners WHERE until > clock_timestamp()',
        )
        return new Set(live.map((one) => one.instance))
      }),
    async giveBack({ instance }) {
      await once((queries) => queries.run('DELETE FROM owners WHERE instance = $1', instance))
    },
  }
}

/**
 * Under the store's lock. Throws `job-busy` where the process that runs a job is still there by the database's clock: what
 * another console knows of it may be some seconds old.
 */
export async function requireGone(queries: Queries, job: string, instance: string): Promise<void> {
  const there = await queries.get(
    'SELECT 1 AS one FROM owners WHERE instance = $1 AND until > clock_timestamp()',
    instance,
  )
  if (there !== undefined) throw new RedriveError('job-busy', 'later', { job })
}
