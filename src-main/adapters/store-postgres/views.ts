import { RedriveError } from '../../domain/errors.ts'
import type { SavedView } from '../../domain/triage.ts'
import type { ViewStore } from '../../ports/triage-store.ts'
import type { Ledger } from './ledger.ts'

export function openViews(ledger: Ledger): ViewStore {
  return {
    all: () =>
      ledger.look((queries) =>
        queries.all<SavedView>(
          `SELECT view, name, query, source, grouping, "order", saved_by, saved_at
           FROM saved_views ORDER BY lower(name), name`,
        ),
      ),
    save: (view) =>
      ledger.transact(async ({ at, get, run }) => {
        const { name, query, source, grouping, order, savedBy } = view
        if (await get('SELECT 1 AS one FROM saved_views WHERE name = $1 AND view <> $2', name, view.view))
          throw new RedriveError('name-in-use', 'never', { name })
        await run(
          `INSERT INTO saved_views (view, name, query, source, grouping, "order", saved_by, saved_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
           ON CONFLICT (view) DO UPDATE SET name = excluded.name, query = excluded.query, source = excluded.source,
             grouping = excluded.grouping, "order" = excluded."order", saved_by = excluded.saved_by,
             saved_at = excluded.saved_at`,
          ...[view.view, name, query, source, grouping, order, savedBy, at],
        )
        return { ...view, savedAt: at }
      }),
    remove: (view) =>
      ledger.transact(async ({ run }) => {
        await run('DELETE FROM saved_views WHERE view = $1', view)
      }),
  }
}
