import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { TlsOptions } from '../../domain/access.ts'
import type { Signer } from '../../ports/signing.ts'
import type { Store } from '../../ports/store.ts'
import type { Clock } from '../../ports/surroundings.ts'
import { parseServerAddress } from '../outbox-sql/address.ts'
import { tlsFrom } from '../postgres-client/connection.ts'
import { openAlerts } from './alerts.ts'
import { openApprovals } from './approvals.ts'
import { openAudits, openAuditWatches } from './audits.ts'
import { classify } from './classify.ts'
import { openConfirmations } from './confirmations.ts'
import { openConnections } from './database.ts'
import type { Database } from './database.ts'
import { openDeeds } from './deeds.ts'
import { openDecisions } from './decisions.ts'
import { openHalfMessages } from './half-messages.ts'
import { openItems } from './items.ts'
import { openJobReader } from './job-reader.ts'
import { openJobs } from './jobs.ts'
import { openJournal } from './journal.ts'
import { openLedger } from './ledger.ts'
import type { Ledger } from './ledger.ts'
import { openLeases } from './leases.ts'
import { openNotes } from './notes.ts'
import { openOperators } from './operators.ts'
import { discardOldDrafts, openPlans } from './plans.ts'
import { openRecordLedger } from './record-ledger.ts'
import { openSamples } from './samples.ts'
import { openRuns } from './scheduled-runs.ts'
import { openSchema } from './schema.ts'
import { openUpstream } from './upstream.ts'
import { openViews } from './views.ts'

const PORT_DEFAULT = 5432

export interface SharedStoreOptions {
  /** postgres://user@host:port/database, without a password. */
  readonly url: string
  /** Asked at every log-in. '' where none is needed. */
  readonly password: () => Promise<string>
  readonly tls?: TlsOptions
  /** Folder of this console, where it remembers the newest journal entry that it saw. Made where it does not exist. */
  readonly dataDir: string
  readonly clock: Clock
  /** Signs exports of the journal. Null: nobody does. */
  readonly signer?: Signer | null
}

/**
 * Plans, jobs, decisions and the journal in the schema `redrive` of a PostgreSQL database, which the consoles of a team
 * share. Makes the schema where there is none.
 *
 * Throws RedriveError `store-newer` where a later Redrive made the schema, `workspace-invalid` for a URL that cannot be
 * read, `store-failed` for anything else; `retry` is `later` where the server may answer in a moment.
 */
export async function openSharedStore(options: SharedStoreOptions): Promise<Store> {
  const { url, password, dataDir, clock, signer = null } = options
  const address = parseServerAddress('postgres', url, PORT_DEFAULT)
  const store = `postgres://${address.host}:${address.port}/${address.database}`
  const db = openConnections({ address, password, tls: await tlsFrom(options.tls, address) })
  try {
    const { id } = await openSchema(db, store)
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    const headFile = join(dataDir, `shared-${id}.journal-head`)
    const ledger = openLedger({ db, store, headFile, clock })
    await discardOldDrafts(ledger)
    await ledger.rest()
    return portsOf({ db, ledger, store, headFile, signer })
  } catch (error) {
    await db.close()
    throw classify(error, store)
  }
}

interface Opened {
  readonly db: Database
  readonly ledger: Ledger
  readonly store: string
  readonly headFile: string
  readonly signer: Signer | null
}

function portsOf({ db, ledger, store, headFile, signer }: Opened): Store {
  return {
    jobs: { ...openPlans(ledger), ...openJobs(ledger), ...openItems(ledger) },
    jobReader: openJobReader(ledger),
    decisions: openDecisions(ledger),
    journal: openJournal({ db, ledger, headFile, signer }),
    sweeps: openRuns(ledger, { runs: 'sweep_runs', standings: 'sweeps' }),
    checkRuns: openRuns(ledger, { runs: 'check_runs', standings: 'check_backs' }),
    halfMessages: openHalfMessages(ledger),
    confirmations: openConfirmations(ledger),
    audits: openAudits(ledger),
    auditWatches: openAuditWatches(ledger),
    recordLedger: openRecordLedger(ledger),
    upstream: openUpstream(ledger),
    samples: openSamples(ledger),
    alerts: openAlerts(ledger),
    notes: openNotes(ledger),
    views: openViews(ledger),
    approvals: openApprovals(ledger),
    operators: openOperators(ledger),
    deeds: openDeeds(ledger, headFile),
    // A shared store that takes nothing is not opened at all.
    refusal: null,
    leases: openLeases(db, store),
    async close() {
      // Every transaction is on disk already; a note that could not be made is made at the next opening.
      await ledger.rest().catch(() => undefined)
      await db.close()
    },
  }
}
