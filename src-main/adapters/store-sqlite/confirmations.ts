import type { ConfirmationStore } from '../../ports/confirmations.ts'
import { confirmationOf } from '../store-rows/confirmation-row.ts'
import type { ConfirmationRow } from '../store-rows/confirmation-row.ts'
import type { Sqlite } from './database.ts'
import type { Ledger } from './ledger.ts'

const SELECT = 'SELECT source, digest, operator, at, actions FROM mapping_confirmations'

export function openConfirmations(db: Sqlite, ledger: Ledger): ConfirmationStore {
  const put = db.prepare<ConfirmationRow>(
    `INSERT INTO mapping_confirmations (source, digest, operator, at, actions)
     VALUES (@source, @digest, @operator, @at, @actions)
     ON CONFLICT (source, digest) DO UPDATE SET operator = excluded.operator, at = excluded.at, actions = excluded.actions`,
  )
  const byDigest = db.prepare<[string, string], ConfirmationRow>(`${SELECT} WHERE source = ? AND digest = ?`)
  const newest = db.prepare<[string], ConfirmationRow>(`${SELECT} WHERE source = ? ORDER BY at DESC LIMIT 1`)
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
