import { computed, ref, shallowRef } from 'vue'
import type { ResolveResult } from '../../../src-preload/contract/decisions.ts'
import { toApiError } from '../../api/errors.ts'
import type { ApiError } from '../../api/errors.ts'
import { useClient } from '../../app/use-client.ts'

interface ResolveOptions {
  readonly source: () => string
  readonly items: () => readonly { readonly id: string; readonly version: string | null }[]
}

/** One message after the act: what became of it, and whether the decision was taken back. */
export interface ResolvedRow extends ResolveResult {
  readonly undone: boolean
  readonly undoError: ApiError | null
}

export function useResolve({ source, items }: ResolveOptions) {
  const client = useClient()
  const rows = shallowRef<readonly ResolvedRow[] | null>(null)
  const error = shallowRef<ApiError | null>(null)
  const working = ref(false)
  const undoable = computed(() => rows.value?.filter((row) => row.decision !== null && !row.undone) ?? [])

  async function resolve(reason: string, typedCount: number | null): Promise<void> {
    if (working.value) return
    working.value = true
    error.value = null
    try {
      const asked = items().map(({ id, version }) => ({ id, version }))
      const { results } = await client.decisions.resolve({
        source: source(),
        items: asked,
        reason,
        typedCount,
      })
      rows.value = results.map((result) => ({ ...result, undone: false, undoError: null }))
    } catch (thrown) {
      error.value = toApiError(thrown)
    }
    working.value = false
  }

  function change(id: string, next: Partial<ResolvedRow>): void {
    rows.value = rows.value?.map((row) => (row.id === id ? { ...row, ...next } : row)) ?? null
  }

  /** Takes decisions back one by one: each may fail by itself, where somebody else changed the row. */
  async function undo(chosen: readonly ResolvedRow[]): Promise<void> {
    if (working.value) return
    working.value = true
    for (const { id, decision } of chosen) {
      if (decision === null) continue
      try {
        await client.decisions.undo({ decision })
        change(id, { undone: true, undoError: null })
      } catch (thrown) {
        change(id, { undoError: toApiError(thrown) })
      }
    }
    working.value = false
  }

  return { rows, error, working, undoable, resolve, undo }
}
