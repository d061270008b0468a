import { onScopeDispose, ref, shallowRef } from 'vue'
import { FILE_LINES_MAX } from '../../../src-preload/contract/plan-pieces.ts'
import { toApiError } from '../../api/errors.ts'
import type { ApiError } from '../../api/errors.ts'
import { useClient } from '../../app/use-client.ts'
import { saveFile } from '../../ui/save-file.ts'

/** The plan as a file, for a colleague to read or for the command line to run: the header, then a line an item. */
export function usePlanFile() {
  const client = useClient()
  const saved = ref<string | null>(null)
  /** Lines read so far; null: nothing is being read. */
  const reading = ref<number | null>(null)
  const error = shallowRef<ApiError | null>(null)
  const ended = new AbortController()
  onScopeDispose(() => ended.abort())

  async function save(plan: string): Promise<void> {
    if (reading.value !== null) return
    saved.value = null
    error.value = null
    reading.value = 0
    try {
      const parts: string[] = []
      for (let afterSeq: number | null = 0; afterSeq !== null;) {
        const query = { plan, afterSeq, limit: FILE_LINES_MAX }
        const page = await client.plans.exportLines(query, { signal: ended.signal })
        const lines = page.header === null ? page.lines : [page.header, ...page.lines]
        parts.push(lines.map((line) => `${line}\n`).join(''))
        reading.value += page.lines.length
        afterSeq = page.nextAfterSeq
      }
      const name = `${plan}.redrive-plan`
      saveFile({ name, type: 'application/x-ndjson', parts })
      saved.value = name
    } catch (thrown) {
      if (!ended.signal.aborted) error.value = toApiError(thrown)
    }
    reading.value = null
  }

  return { saved, reading, error, save }
}
