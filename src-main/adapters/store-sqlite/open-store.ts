import type { RedriveError } from '../../domain/errors.ts'
import type { Signer } from '../../ports/signing.ts'
import type { Store } from '../../ports/store.ts'
import type { Clock } from '../../ports/surroundings.ts'
import { openAlerts } from './alerts.ts'
import { openApprovals } from './approvals.ts'
import { openAudits, openAuditWatches } from './audits.ts'
import { checkpointFilePath } from './checkpoint-file.ts'
import { noCheckpoints, openCheckpoints } from './checkpoints.ts'
import type { Checkpoints } from './checkpoints.ts'
import { openHalfMessages } from './half-messages.ts'
import { openConfirmations } from './confirmations.ts'
import { classify, openDatabase, openToLook } from './database.ts'
import type { Looking, Sqlite } from './database.ts'
import { openDeeds } from './deeds.ts'
import { openDecisions } from './decisions.ts'
import { openItems } from './items.ts'
import { openJobReader } from './job-reader.ts'
import { openJobFinder, openJobs } from './jobs.ts'
import { headFilePath } from '../store-rows/journal-head-file.ts'
import { openJournal } from './journal.ts'
import { openLedger } from './ledger.ts'
import { openNotes } from './notes.ts'
import { openOperators } from './operators.ts'
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
  /** Signs the journal. Null: nobody does, which only tests may want. */
  readonly signer?: Signer | null
}

/**
 * Plans, jobs, decisions and the journal in one SQLite file, which several processes may share.
 *
 * Where a later Redrive made the file, or the disk takes nothing, it is opened to look at: every change is refused with
 * `store-newer` or `store-read-only`. Throws RedriveError `store-newer` where it cannot even be looked at, `store-failed` for
 * anything else; `retry` is `later` where another process held the file for too long or the disk is full.
 */
export function openStore({ path, clock, signer = null }: StoreOptions): Store {
  const opened = open(path)
  const { db, refusal } = opened
  const place = { path: opened.path, headFile: headFilePath(path), checkpointFile: checkpointFilePath(path) }
  try {
    const seal = openSeal(path)
    const checkpoints = signer === null ? noCheckpoints : openCheckpoints(db, place.checkpointFile, signer)
    const ledger = openLedger({ db, path, headFile: place.headFile, seal, checkpoints, clock, refusal })
    const findJob = openJobFinder(db)
    return {
      jobs: {
        ...openPlans(db, ledger, clock),
        ...openJobs(db, ledger, findJob),
        ...openItems(db, ledger, findJob),
      },
      jobReader: openJobReader(db, ledger, findJob),
      decisions: openDecisions(db, ledger),
      journal: openJournal({ db, ledger, place, checkpoints, signer }),
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
      refusal,
      approvals: openApprovals(db, ledger),
      operators: openOperators(db, ledger),
      deeds: openDeeds({ db, ledger, headFile: place.headFile }),
      close: async () => {
        if (refusal !== null) {
          db.close()
          opened.leave()
          return
        }
        ledger.look(() => {
          leave(db, path, seal, checkpoints)
        })
      },
    }
  } catch (error) {
    db.close()
    opened.leave()
    // A newer schema may lack what is asked for: then it cannot even be looked at.
    throw refusal ?? classify(error, path)
  }
}

type Opened = Omit<Looking, 'refusal'> & { readonly refusal: RedriveError | null }

function open(path: string): Opened {
  try {
    dropStaleSeal(path)
    return { db: openDatabase(path), path, refusal: null, leave: () => undefined }
  } catch (error) {
    return openToLook(path, classify(error, path))
  }
}

/** Leaves one file without a log where no other process is at work. */
function leave(db: Sqlite, path: string, seal: Seal, checkpoints: Checkpoints): void {
  const keep = db.transaction(() => checkpoints.keepNewest(seal.lift))
  const close = db.transaction(() => {
    if (logIsEmpty(path)) seal.set()
  })
  try {
    keep.immediate()
    checkpoints.note()
    db.pragma('wal_checkpoint(TRUNCATE)')
    close.immediate()
  } catch {
    // Every transaction is on disk already; a log that could not be emptied is read at the next opening.
  } finally {
    db.close()
  }
}
