import { onScopeDispose, ref, shallowRef } from 'vue'
import { toApiError } from '../../api/errors.ts'
import type { ApiError } from '../../api/errors.ts'
import { useClient } from '../../app/use-client.ts'
import { saveFile } from '../../ui/save-file.ts'

const PAGE = 1_000
/** What a page can hold in memory; a longer journal is exported by the command line. */
export const EXPORT_ENTRIES_MAX = 200_000

function line(value: object): string {
  return `${JSON.stringify(value)}\n`
}

/** The whole journal with its signatures, oldest first, one JSON object a line: what the command line exports. */
export function useExport() {
  const client = useClient()
  const running = ref(false)
  const count = ref(0)
  const saved = shallowRef<{ readonly file: string; readonly whole: boolean } | null>(null)
  const error = shallowRef<ApiError | null>(null)
  let current: AbortController | null = null

  async function collect(signal: AbortSignal): Promise<{ lines: string[]; whole: boolean }> {
    const lines: string[] = []
    const { seal } = await client.journal.seal({}, { signal })
    const checkpoints = [...(seal?.checkpoints ?? [])]
    const last = seal?.end.seq ?? Number.MAX_SAFE_INTEGER
    let cursor: number | null = 0
    do {
      const query = { order: 'oldest' as const, cursor, limit: PAGE }
      const page = await client.journal.list(query, { signal })
      for (const entry of page.entries) {
        // What was written since the end was signed is of the next export.
        if (entry.seq > last) break
        lines.push(line(entry))
        while (checkpoints[0]?.seq === entry.seq)
          lines.push(line({ type: 'checkpoint', ...checkpoints.shift() }))
        count.value += 1
      }
      cursor = (page.nextCursor ?? last) >= last ? null : page.nextCursor
    } while (cursor !== null && count.value < EXPORT_ENTRIES_MAX)
    const whole = cursor === null
    if (whole && seal !== null) lines.push(line({ type: 'end', ...seal.end }))
    return { lines, whole }
  }

  async function start(file: string): Promise<void> {
    const mine = (current = new AbortController())
    running.value = true
    count.value = 0
    saved.value = null
    error.value = null
    try {
      const { lines, whole } = await collect(mine.signal)
      saveFile({ name: file, type: 'application/x-ndjson', parts: lines })
      saved.value = { file, whole }
    } catch (thrown) {
      if (!mine.signal.aborted) error.value = toApiError(thrown)
    }
    running.value = false
  }

  const stop = (): void => current?.abort()
  onScopeDispose(stop)
  return { running, count, saved, error, start, stop }
}
