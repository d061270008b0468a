import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { TlsOptions } from '../../domain/access.ts'
import { RedriveError } from '../../domain/errors.ts'
import type { Password } from '../../ports/drivers.ts'
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
  readonly password: Password
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
 * Where a later Redrive made the schema it is opened to look at: every change is refused with `store-newer`. Throws RedriveError
 * `store-newer` where it cannot even be looked at, `workspace-invalid` for a URL that cannot be read, `store-failed` for anything else; `retry` is `later` where the server may answer in a moment.
 */
export async function openSharedStore(options: SharedStoreOptions): Promise<Store> {
  const { url, password, dataDir, clock, signer = null } = options
  const address = parseServerAddress('postgres', url, PORT_DEFAULT)
  const store = `postgres://${address.host}:${address.port}/${address.database}`
  const connections = openConnections({ address, password, tls: await tlsFrom(options.tls, address) })
  try {
    const { id, refusal } = await openToWork(connections, store)
    const db = refusal === null ? connections : lookOnly(connections, refusal)
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    const headFile = join(dataDir, `shared-${id}.journal-head`)
    const ledger = openLedger({ db, store, headFile, clock })
    if (refusal === null) {
      await discardOldDrafts(ledger)
      await ledger.rest()
    }
    return portsOf({ db, ledger, store, headFile, signer, refusal })
  } catch (error) {
    await connections.close()
    throw classify(error, store)
  }
}

/** A schema that a later Redrive made is opened to look at, where it still has what is looked at. */
async function openToWork(
  db: Database,
  store: string,
): Promise<{ readonly id: string; readonly refusal: RedriveError | null }> {
  try {
    return { id: (await openSchema(db, store)).id, refusal: null }
  } catch (error) {
    if (!(error instanceof RedriveError) || error.code !== 'store-newer') throw error
    const known = await db.read((queries) => queries.get<{ id: string }>('SELECT id FROM store'))
    await db.read((queries) => queries.get('SELECT seq, hash FROM journal LIMIT 1'))
    if (known === undefined) throw error
    return { id: known.id, refusal: error }
  }
}

function lookOnly(db: Database, refusal: RedriveError): Database {
  const refuse = (): Promise<never> => Promise.reject(refusal)
  return { ...db, write: refuse, aside: refuse }
}

interface Opened {
  readonly db: Database
  readonly ledger: Ledger
  readonly store: string
  readonly headFile: string
  readonly signer: Signer | null
  readonly refusal: RedriveError | null
}

function portsOf({ db, ledger, store, headFile, signer, refusal }: Opened): Store {
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
    refusal,
    // Who only looks holds no lease: nothing here is this console's.
    leases: refusal === null ? openLeases(db, store) : null,
    async close() {
      // Every transaction is on disk already; a note that could not be made is made at the next opening.
      await ledger.rest().catch(() => undefined)
      await db.close()
    },
  }
}
