import { onScopeDispose, ref, shallowRef } from 'vue'
import type { DedupeReport } from '../../../src-preload/contract/evidence.ts'
import { toApiError } from '../../api/errors.ts'
import type { ApiError } from '../../api/errors.ts'
import { useClient } from '../use-client.ts'

/** A look at whether a source's receiver notices duplicates; the one before is forgotten when another begins. */
export function useDuplicates() {
  const client = useClient()
  const report = shallowRef<DedupeReport | null>(null)
  const error = shallowRef<ApiError | null>(null)
  const checking = ref(false)
  let running: AbortController | null = null

  function stop(): void {
    running?.abort()
    running = null
    checking.value = false
  }

  function forget(): void {
    stop()
    report.value = null
    error.value = null
  }

  async function check(source: string): Promise<void> {
    forget()
    const mine = new AbortController()
    running = mine
    checking.value = true
    try {
      const answer = await client.evidence.check({ source }, { signal: mine.signal })
      if (!mine.signal.aborted) report.value = answer
    } catch (thrown) {
      if (!mine.signal.aborted) error.value = toApiError(thrown)
    }
    if (!mine.signal.aborted) checking.value = false
  }

  onScopeDispose(stop)
  return { report, error, checking, check, forget }
}
