import { APPROVALS_MAX } from '../../ports/guard-store.ts'
import type { ApprovalStore } from '../../ports/guard-store.ts'
import type { Ledger } from './ledger.ts'

export function openApprovals(ledger: Ledger): ApprovalStore {
  return {
    keep: (plan, text, entry) =>
      ledger.transact(async ({ at, get, record }) => {
        const kept = await get(
          `INSERT INTO approvals (plan, text, given_at) VALUES ($1, $2, $3)
           ON CONFLICT DO NOTHING RETURNING approval_key`,
          ...[plan, text, at],
        )
        if (kept) record(entry)
      }),
    of: (plan) =>
      ledger.look(async (queries) => {
        const rows = await queries.all<{ text: string }>(
          'SELECT text FROM approvals WHERE plan = $1 ORDER BY approval_key DESC LIMIT $2',
          ...[plan, APPROVALS_MAX],
        )
        return rows.map(({ text }) => text)
      }),
  }
}
