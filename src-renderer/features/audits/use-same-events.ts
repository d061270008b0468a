import { onScopeDispose, ref, shallowRef } from 'vue'
import type { SameEvents } from '../../../src-preload/contract/audits.ts'
import { toApiError } from '../../api/errors.ts'
import type { ApiError } from '../../api/errors.ts'
import { useClient } from '../../app/use-client.ts'
import { saveFile } from '../../ui/save-file.ts'

/** A search for events that are stored twice: as long as it takes, until it is stopped. */
export function useSameEvents() {
  const client = useClient()
  const found = shallowRef<SameEvents | null>(null)
  const error = shallowRef<ApiError | null>(null)
  const searching = ref(false)
  let running: AbortController | null = null

  function stop(): void {
    running?.abort()
    running = null
    searching.value = false
  }

  async function search(source: string): Promise<void> {
    stop()
    const mine = new AbortController()
    running = mine
    searching.value = true
    found.value = null
    error.value = null
    try {
      const answer = await client.audits.events({ source, since: null }, { signal: mine.signal })
      if (!mine.signal.aborted) found.value = answer
    } catch (thrown) {
      if (!mine.signal.aborted) error.value = toApiError(thrown)
    }
    if (!mine.signal.aborted) searching.value = false
  }

  function save(): void {
    if (found.value === null) return
    const name = `same-events-${found.value.source}.json`
    saveFile({ name, type: 'application/json', parts: [JSON.stringify(found.value, null, 2)] })
  }

  onScopeDispose(stop)
  return { found, error, searching, search, stop, save }
}
