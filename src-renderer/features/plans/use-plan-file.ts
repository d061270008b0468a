import { ref, shallowRef } from 'vue'
import { toApiError } from '../../api/errors.ts'
import type { ApiError } from '../../api/errors.ts'
import { useClient } from '../../app/use-client.ts'
import { saveFile } from '../../ui/save-file.ts'

/** The plan as a file, for a colleague to read or for the command line to run. */
export function usePlanFile() {
  const client = useClient()
  const saved = ref<string | null>(null)
  const error = shallowRef<ApiError | null>(null)

  async function save(plan: string): Promise<void> {
    saved.value = null
    error.value = null
    try {
      const file = await client.plans.export({ plan })
      const name = `${plan}.json`
      saveFile({ name, type: 'application/json', parts: [`${JSON.stringify(file, null, 2)}\n`] })
      saved.value = name
    } catch (thrown) {
      error.value = toApiError(thrown)
    }
  }

  return { saved, error, save }
}
