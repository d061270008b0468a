import { computed, ref } from 'vue'
import type { Job } from '../../../src-preload/contract/jobs.ts'
import { useAsk } from '../../app/use-ask.ts'
import { useClient } from '../../app/use-client.ts'

const PAGE = 50
const CALL_MAX = 200
/** Jobs that the list holds at most; older ones are found by the journal. */
const LIST_MAX = 2_000

/** The newest jobs, as many as were asked for; all of them are asked again on news, because an old job may go on. */
export function useJobsList(source: () => string | null) {
  const client = useClient()
  const wanted = ref(PAGE)

  async function newest(about: string | null, signal: AbortSignal): Promise<readonly Job[]> {
    const jobs: Job[] = []
    while (jobs.length < wanted.value) {
      const limit = Math.min(CALL_MAX, wanted.value - jobs.length)
      const before = jobs.at(-1)?.job ?? null
      const page = await client.jobs.list({ source: about, before, limit }, { signal })
      jobs.push(...page.jobs)
      if (page.jobs.length < limit) break
    }
    return jobs
  }

  const asked = useAsk({
    subject: () => ({ source: source() }),
    ask: (about, signal) => newest(about.source, signal),
  })

  return {
    jobs: asked.data,
    error: asked.error,
    loading: asked.loading,
    refresh: () => asked.refresh(),
    mayHaveOlder: computed(() => (asked.data.value?.length ?? 0) >= wanted.value && wanted.value < LIST_MAX),
    older: () => {
      wanted.value = Math.min(LIST_MAX, wanted.value + PAGE)
      return asked.refresh()
    },
  }
}
