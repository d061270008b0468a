import { RedriveError } from '../../domain/errors.ts'
import type { SavedView } from '../../domain/triage.ts'
import type { ViewStore } from '../../ports/triage-store.ts'
import type { Sqlite } from './database.ts'
import type { Ledger } from './ledger.ts'

export function openViews(db: Sqlite, ledger: Ledger): ViewStore {
  const all = db.prepare<[], SavedView>(
    `SELECT view, name, query, source, grouping, "order", saved_by AS savedBy, saved_at AS savedAt
     FROM saved_views ORDER BY name COLLATE NOCASE, name`,
  )
  const taken = db.prepare<[string, string], { view: string }>(
    'SELECT view FROM saved_views WHERE name = ? AND view <> ?',
  )
  const put = db.prepare<SavedView>(
    `INSERT INTO saved_views (view, name, query, source, grouping, "order", saved_by, saved_at)
     VALUES (@view, @name, @query, @source, @grouping, @order, @savedBy, @savedAt)
     ON CONFLICT (view) DO UPDATE SET name = excluded.name, query = excluded.query, source = excluded.source,
       grouping = excluded.grouping, "order" = excluded."order", saved_by = excluded.saved_by,
       saved_at = excluded.saved_at`,
  )
  const remove = db.prepare<[string]>('DELETE FROM saved_views WHERE view = ?')
  return {
    all: async () => ledger.look(() => all.all()),
    save: async (view) =>
      ledger.transact(({ at }) => {
        if (taken.get(view.name, view.view))
          throw new RedriveError('name-in-use', 'never', { name: view.name })
        const saved = { ...view, savedAt: at }
        put.run(saved)
        return saved
      }),
    remove: async (view) => {
      ledger.transact(() => remove.run(view))
    },
  }
}
