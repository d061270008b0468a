import type { Journal } from '../../ports/journal.ts'
import type { DecisionStore, JobReader, JobStore } from '../../ports/job-store.ts'
import type { Clock } from '../../ports/surroundings.ts'
import { classify, openDatabase } from './database.ts'
import { openDecisions } from './decisions.ts'
import { openItems } from './items.ts'
import { openJobReader } from './job-reader.ts'
import { openJobFinder, openJobs } from './jobs.ts'
import { headFilePath } from './journal-head-file.ts'
import { openJournal } from './journal.ts'
import { openLedger } from './ledger.ts'
import { openPlans } from './plans.ts'

export interface StoreOptions {
  /** The SQLite file; made with its folder where it does not exist. */
  readonly path: string
  readonly clock: Clock
}

export interface Store {
  readonly jobs: JobStore
  readonly jobReader: JobReader
  readonly decisions: DecisionStore
  readonly journal: Journal
  close(): Promise<void>
}

/**
 * Plans, jobs, decisions and the journal in one SQLite file, which several processes may share.
 *
 * Throws RedriveError `store-newer` where a later Redrive made the file, `store-failed` for anything else; `retry` is
 * `later` where another process held the file for too long or the disk is full.
 */
export function openStore({ path, clock }: StoreOptions): Store {
  const db = openDatabase(path)
  const headFile = headFilePath(path)
  try {
    const ledger = openLedger({ db, path, headFile, clock })
    const findJob = openJobFinder(db)
    return {
      jobs: {
        ...openPlans(db, ledger, clock),
        ...openJobs(db, ledger, findJob),
        ...openItems(db, ledger, findJob),
      },
      jobReader: openJobReader(db, ledger, findJob),
      decisions: openDecisions(db, ledger),
      journal: openJournal({ db, ledger, path, headFile }),
      close: async () => {
        ledger.look(() => db.pragma('wal_checkpoint(TRUNCATE)'))
        db.close()
      },
    }
  } catch (error) {
    db.close()
    throw classify(error, path)
  }
}
