import type { LookParts } from './parts.ts'
import { inSlices } from './slices.ts'
import type { SliceEnd } from './slices.ts'
import { inKeySlices } from './key-slices.ts'
import type { SliceLook } from './slice-look.ts'

/** Walks the table in pieces: in ranges of whole numbers where its places are such, otherwise along its key. */
export function lookInSlices<Result>(
  parts: LookParts,
  look: SliceLook<Result>,
  signal: AbortSignal,
): Promise<SliceEnd> {
  if (!parts.sql.walk.ranged) return inKeySlices(parts, look, signal)
  return inSlices({
    order: look.order,
    after: look.after,
    budgetMs: look.budgetMs,
    edges: async (timeoutMs) => {
      const params = parts.sql.newParams()
      const text = parts.sql.walk.edges(parts.sql.table, params)
      const [row] = await parts.session.read({ text, values: params.values }, timeoutMs, signal)
      const min = row?.['min'] ?? null
      const max = row?.['max'] ?? null
      return min === null || max === null ? null : { min, max }
    },
    slice: (range, timeoutMs) => look.slice(range, timeoutMs),
    take: (result) => look.take(result),
  })
}
