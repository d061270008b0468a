import type { SourceConnection } from '../../../src-preload/contract/connections.ts'

const RANK: Readonly<Record<SourceConnection['environment'], number>> = {
  production: 0,
  staging: 1,
  development: 2,
}

/** Production first, then by name: a source keeps its place, whatever its numbers do. */
export function byUrgency<S extends Pick<SourceConnection, 'name' | 'environment'>>(
  sources: readonly S[],
): S[] {
  return sources.toSorted(
    (a, b) =>
      RANK[a.environment] - RANK[b.environment] || a.name.localeCompare(b.name, 'en', { numeric: true }),
  )
}
