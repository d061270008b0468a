import { onScopeDispose, ref, shallowRef, watch } from 'vue'
import type { PlacesReport } from '../../../src-preload/contract/places.ts'
import { toApiError } from '../../api/errors.ts'
import type { ApiError } from '../../api/errors.ts'
import { useClient } from '../../app/use-client.ts'
import { saveFile } from '../../ui/save-file.ts'

/** Compares the three places of one chain when it is asked to; another chain drops what was found. */
export function usePlaces(about: () => { readonly source: string; readonly chain: string }) {
  const client = useClient()
  const report = shallowRef<PlacesReport | null>(null)
  /** The report as one page; its digest is in the journal. */
  let page = ''
  const error = shallowRef<ApiError | null>(null)
  /** Messages compared so far; null: nothing is being compared. */
  const compared = ref<number | null>(null)
  let current: AbortController | null = null

  function stop(): void {
    current?.abort()
    current = null
    compared.value = null
  }

  async function compare(): Promise<void> {
    stop()
    const mine = (current = new AbortController())
    const { source, chain } = about()
    error.value = null
    compared.value = 0
    try {
      const steps = await client.places.compare({ source, chains: [chain] }, { signal: mine.signal })
      for await (const step of steps) {
        if (mine.signal.aborted) return
        if (step.type === 'progress') compared.value = step.messages
        else {
          report.value = step.report
          page = step.html
        }
      }
    } catch (thrown) {
      if (mine.signal.aborted) return
      error.value = toApiError(thrown)
    }
    compared.value = null
  }

  watch(
    () => JSON.stringify(about()),
    () => {
      stop()
      report.value = null
      error.value = null
    },
  )
  onScopeDispose(stop)
  const save = (): void => saveFile({ name: 'places.html', type: 'text/html', parts: [page] })
  return { report, error, compared, compare, stop, save }
}
