import type { ConfirmationStore } from '../../ports/confirmations.ts'
import { confirmationOf } from '../store-rows/confirmation-row.ts'
import type { ConfirmationRow } from '../store-rows/confirmation-row.ts'
import type { Ledger } from './ledger.ts'

const SELECT = 'SELECT source, digest, operator, at, actions FROM mapping_confirmations'

export function openConfirmations(ledger: Ledger): ConfirmationStore {
  return {
    confirm: (confirmation, entry) =>
      ledger.transact(async ({ at, record, run }) => {
        const { source, digest, operator, actions } = confirmation
        await run(
          `INSERT INTO mapping_confirmations (source, digest, operator, at, actions) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (source, digest) DO UPDATE SET operator = excluded.operator, at = excluded.at,
             actions = excluded.actions`,
          ...[source, digest, operator, at, JSON.stringify(actions)],
        )
        record(entry)
        return { ...confirmation, at }
      }),
    confirmed: async (source, digest) => {
      const select = `${SELECT} WHERE source = $1 AND digest = $2`
      return confirmationOf(
        await ledger.look((queries) => queries.get<ConfirmationRow>(select, source, digest)),
      )
    },
    latest: async (source) => {
      const select = `${SELECT} WHERE source = $1 ORDER BY at DESC LIMIT 1`
      return confirmationOf(await ledger.look((queries) => queries.get<ConfirmationRow>(select, source)))
    },
  }
}
