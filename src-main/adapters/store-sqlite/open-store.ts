import type { Store } from '../../ports/store.ts'
import type { Clock } from '../../ports/surroundings.ts'
import { openAlerts } from './alerts.ts'
import { openAudits, openAuditWatches } from './audits.ts'
import { openHalfMessages } from './half-messages.ts'
import { openConfirmations } from './confirmations.ts'
import { classify, openDatabase } from './database.ts'
import type { Sqlite } from './database.ts'
import { openDecisions } from './decisions.ts'
import { openItems } from './items.ts'
import { openJobReader } from './job-reader.ts'
import { openJobFinder, openJobs } from './jobs.ts'
import { headFilePath } from '../store-rows/journal-head-file.ts'
import { openJournal } from './journal.ts'
import { openLedger } from './ledger.ts'
import { openNotes } from './notes.ts'
import { openPlans } from './plans.ts'
import { openRecordLedger } from './record-ledger.ts'
import { openSamples } from './samples.ts'
import { openRuns } from './scheduled-runs.ts'
import { openUpstream } from './upstream.ts'
import { openViews } from './views.ts'
import { dropStaleSeal, logIsEmpty, openSeal } from './seal.ts'
import type { Seal } from './seal.ts'

export interface StoreOptions {
  /** The SQLite file; made with its folder where it does not exist. */
  readonly path: string
  readonly clock: Clock
}

/**
 * Plans, jobs, decisions and the journal in one SQLite file, which several processes may share.
 *
 * Throws RedriveError `store-newer` where a later Redrive made the file, `store-failed` for anything else; `retry` is
 * `later` where another process held the file for too long or the disk is full.
 */
export function openStore({ path, clock }: StoreOptions): Store {
  dropStaleSeal(path)
  const db = openDatabase(path)
  const headFile = headFilePath(path)
  try {
    const seal = openSeal(path)
    const ledger = openLedger({ db, path, headFile, seal, clock })
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
      sweeps: openRuns(db, ledger, { runs: 'sweep_runs', standings: 'sweeps' }),
      checkRuns: openRuns(db, ledger, { runs: 'check_runs', standings: 'check_backs' }),
      halfMessages: openHalfMessages(db, ledger),
      confirmations: openConfirmations(db, ledger),
      audits: openAudits(db, ledger),
      auditWatches: openAuditWatches(db, ledger),
      recordLedger: openRecordLedger(db, ledger),
      upstream: openUpstream(db, ledger),
      samples: openSamples(db, ledger),
      alerts: openAlerts(db, ledger),
      notes: openNotes(db, ledger),
      views: openViews(db, ledger),
      leases: null,
      close: async () => {
        ledger.look(() => {
          leave(db, path, seal)
        })
      },
    }
  } catch (error) {
    db.close()
    throw classify(error, path)
  }
}

/** Leaves one file without a log where no other process is at work. */
function leave(db: Sqlite, path: string, seal: Seal): void {
  const close = db.transaction(() => {
    if (logIsEmpty(path)) seal.set()
  })
  try {
    db.pragma('wal_checkpoint(TRUNCATE)')
    close.immediate()
  } catch {
    // Every transaction is on disk already; a log that could not be emptied is read at the next opening.
  } finally {
    db.close()
  }
}
