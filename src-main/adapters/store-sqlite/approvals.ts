import { APPROVALS_MAX } from '../../ports/guard-store.ts'
import type { ApprovalStore } from '../../ports/guard-store.ts'
import type { Sqlite } from './database.ts'
import type { Ledger } from './ledger.ts'

/** The step of the schema that this needs. */
export const approvalTables = `
  CREATE TABLE approvals (
    approval_key INTEGER PRIMARY KEY,
    plan TEXT NOT NULL,
    text TEXT NOT NULL,
    given_at TEXT NOT NULL,
    UNIQUE (plan, text)
  ) STRICT;
`

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
