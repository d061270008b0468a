import { ref, shallowRef } from 'vue'
import { toApiError } from '../../api/errors.ts'
import type { ApiError } from '../../api/errors.ts'
import { useClient } from '../../app/use-client.ts'
import { saveFile } from '../../ui/save-file.ts'

export type ReportFormat = 'json' | 'html'
const TYPES: Readonly<Record<ReportFormat, string>> = { json: 'application/json', html: 'text/html' }

/** The report of an audit as a file: the very text whose digest is in the journal, or the page made of it. */
export function useReport() {
  const client = useClient()
  const reading = ref(false)
  const saved = shallowRef<{ readonly file: string; readonly digest: string } | null>(null)
  const error = shallowRef<ApiError | null>(null)

  async function save(audit: string, format: ReportFormat): Promise<void> {
    if (reading.value) return
    reading.value = true
    saved.value = null
    error.value = null
    try {
      const report = await client.audits.report({ audit })
      const file = `${audit}.${format}`
      saveFile({ name: file, type: TYPES[format], parts: [report[format]] })
      saved.value = { file, digest: report.digest }
    } catch (thrown) {
      error.value = toApiError(thrown)
    }
    reading.value = false
  }

  return { reading, saved, error, save }
}
