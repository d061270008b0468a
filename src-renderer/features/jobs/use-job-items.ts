import { onScopeDispose, ref, shallowRef, watch } from 'vue'
import { toApiError } from '../../api/errors.ts'
import type { ApiError } from '../../api/errors.ts'
import type { ItemResult, Job, JobItem } from '../../../src-preload/contract/jobs.ts'
import { useClient } from '../../app/use-client.ts'

export type ItemFilter = 'all' | 'unsettled' | ItemResult

const PAGE = 200
/** What one call may return: a refresh asks again for what is shown, up to this. */
const REFRESH_MAX = 1_000
const REFRESH_MS_MIN = 1_000

interface JobItemsOptions {
  readonly job: () => Job | null
  readonly filter: () => ItemFilter
}

function narrowed(filter: ItemFilter) {
  if (filter === 'all') return {}
  return filter === 'unsettled' ? { unsettled: true } : { results: [filter] }
}

/** Differs whenever an item of the job did something. */
function progressOf(job: Job | null): string {
  if (job === null) return ''
  return `${job.state} ${job.ended} ${job.tally.unsettled} ${job.tally.unmarked}`
}

/** The items of a job, page after page as they are looked at; what is shown is asked again when the job moved on. */
export function useJobItems({ job, filter }: JobItemsOptions) {
  const client = useClient()
  const items = shallowRef<readonly JobItem[]>([])
  const error = shallowRef<ApiError | null>(null)
  const loading = ref(false)
  /** False until the first answer: "none" and "not known yet" are different things. */
  const known = ref(false)
  const complete = ref(false)
  let current: AbortController | null = null
  let timer: ReturnType<typeof setTimeout> | undefined

  async function read(afterSeq: number, limit: number): Promise<readonly JobItem[] | null> {
    const about = job()
    if (about === null) return null
    current?.abort()
    const mine = (current = new AbortController())
    loading.value = true
    try {
      const query = { job: about.job, ...narrowed(filter()), afterSeq, limit }
      const page = await client.jobs.items(query, { signal: mine.signal })
      if (mine.signal.aborted) return null
      error.value = null
      known.value = true
      loading.value = false
      complete.value = page.items.length < limit
      return page.items
    } catch (thrown) {
      if (!mine.signal.aborted) {
        error.value = toApiError(thrown)
        loading.value = false
      }
      return null
    }
  }

  async function refresh(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    const limit = Math.min(REFRESH_MAX, Math.max(PAGE, items.value.length))
    const first = await read(0, limit)
    // Beyond what one call returns the rest is read again when it is looked at.
    if (first !== null) items.value = first
  }

  async function more(): Promise<void> {
    if (loading.value || complete.value) return
    const last = items.value.at(-1)?.seq ?? 0
    const next = await read(last, PAGE)
    if (next !== null && (items.value.at(-1)?.seq ?? 0) === last) items.value = [...items.value, ...next]
  }

  watch(
    [() => job()?.job, filter],
    () => {
      items.value = []
      known.value = false
      complete.value = false
      void refresh()
    },
    { immediate: true },
  )
  watch(
    () => progressOf(job()),
    () => {
      timer ??= setTimeout(() => void refresh(), REFRESH_MS_MIN)
    },
  )
  onScopeDispose(() => {
    clearTimeout(timer)
    current?.abort()
  })

  return { items, error, loading, known, complete, more, refresh }
}
