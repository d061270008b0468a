import type { Confirmable, Confirmation } from '../../domain/mapping/confirmation.ts'
import type { ConfirmationStore } from '../../ports/confirmations.ts'
import type { Sqlite } from './database.ts'
import type { Ledger } from './ledger.ts'

interface Row {
  readonly source: string
  readonly digest: string
  readonly operator: string
  readonly at: string
  /** JSON. */
  readonly actions: string
}

const SELECT = 'SELECT source, digest, operator, at, actions FROM mapping_confirmations'

export function openConfirmations(db: Sqlite, ledger: Ledger): ConfirmationStore {
  const put = db.prepare<Row>(
    `INSERT INTO mapping_confirmations (source, digest, operator, at, actions)
     VALUES (@source, @digest, @operator, @at, @actions)
     ON CONFLICT (source, digest) DO UPDATE SET operator = excluded.operator, at = excluded.at, actions = excluded.actions`,
  )
  const byDigest = db.prepare<[string, string], Row>(`${SELECT} WHERE source = ? AND digest = ?`)
  const newest = db.prepare<[string], Row>(`${SELECT} WHERE source = ? ORDER BY at DESC LIMIT 1`)
  return {
    confirm: async (confirmation, entry) =>
      ledger.transact(({ at, record }) => {
        put.run({ ...confirmation, at, actions: JSON.stringify(confirmation.actions) })
        record(entry)
        return { ...confirmation, at }
      }),
    confirmed: async (source, digest) => ledger.look(() => confirmationOf(byDigest.get(source, digest))),
    latest: async (source) => ledger.look(() => confirmationOf(newest.get(source))),
  }
}

function confirmationOf(row: Row | undefined): Confirmation | null {
  return row === undefined ? null : { ...row, actions: JSON.parse(row.actions) as Confirmable[] }
}
