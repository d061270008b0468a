import { computed, ref } from 'vue'
import type { UnknownOutcome, UnsettledJob } from '../../../src-preload/contract/jobs.ts'
import { useAsk } from '../../app/use-ask.ts'
import { useClient } from '../../app/use-client.ts'

const PAGE = 200
/** Rows that the list holds at most; the others are reached by deciding about these, or all at once. */
const LIST_MAX = 2_000

interface UnknownList {
  readonly items: readonly UnknownOutcome[]
  readonly jobs: readonly UnsettledJob[]
  readonly count: number
  readonly at: string
}

/** Undecided outcomes of all jobs, as many as were asked for; asked again on news, because others decide too. */
export function useUnknown(source: () => string | null) {
  const client = useClient()
  const wanted = ref(PAGE)

  async function oldest(about: string | null, signal: AbortSignal): Promise<UnknownList> {
    const items: UnknownOutcome[] = []
    let cursor: string | null = null
    for (;;) {
      const limit = Math.min(PAGE, wanted.value - items.length)
      const page = await client.jobs.unknown({ source: about, cursor, limit }, { signal })
      items.push(...page.items)
      cursor = page.nextCursor
      if (cursor === null || items.length >= wanted.value)
        return { items, jobs: page.jobs, count: page.count, at: new Date().toISOString() }
    }
  }

  const asked = useAsk({
    subject: () => ({ source: source() }),
    ask: (about, signal) => oldest(about.source, signal),
  })

  return {
    list: asked.data,
    error: asked.error,
    loading: asked.loading,
    refresh: () => asked.refresh(),
    mayHaveMore: computed(() => {
      const list = asked.data.value
      return list !== null && list.items.length < list.count && wanted.value < LIST_MAX
    }),
    more: () => {
      if (asked.loading.value) return
      wanted.value = Math.min(LIST_MAX, wanted.value + PAGE)
      void asked.refresh()
    },
  }
}

/** Names one outcome among those of all jobs. */
export const outcomeKey = ({ job, seq }: { job: string; seq: number }): string => `${job} ${seq}`
