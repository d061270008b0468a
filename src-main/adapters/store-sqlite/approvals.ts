import { APPROVALS_MAX } from '../../ports/guard-store.ts'
import type { ApprovalStore } from '../../ports/guard-store.ts'
import type { Sqlite } from './database.ts'
import type { Ledger } from './ledger.ts'

export function openApprovals(db: Sqlite, ledger: Ledger): ApprovalStore {
  const insert = db.prepare<[string, string, string]>(
    'INSERT INTO approvals (plan, text, given_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
  )
  const newest = db.prepare<[string, number], { text: string }>(
    'SELECT text FROM approvals WHERE plan = ? ORDER BY approval_key DESC LIMIT ?',
  )
  return {
    keep: async (plan, text, entry) =>
      ledger.transact(({ at, record }) => {
        if (insert.run(plan, text, at).changes > 0) record(entry)
      }),
    of: async (plan) => ledger.look(() => newest.all(plan, APPROVALS_MAX).map(({ text }) => text)),
  }
}
