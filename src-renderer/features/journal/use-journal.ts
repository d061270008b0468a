import { onScopeDispose, ref, shallowRef, watch } from 'vue'
import type { JournalAction, JournalEntry } from '../../../src-preload/contract/journal.ts'
import { toApiError } from '../../api/errors.ts'
import type { ApiError } from '../../api/errors.ts'
import { useSession } from '../../app/state/session.ts'
import { useClient } from '../../app/use-client.ts'

export interface JournalFilter {
  readonly source: string | null
  readonly subject: string | null
  readonly actions: readonly JournalAction[] | null
}

const PAGE = 100
/** New entries come in bursts while a job runs: the list looks for them at most this often. */
const HEAD_MS_MIN = 1_000

/** The part of a query that narrows: what is not asked for is left out. */
export function journalQuery({ source, subject, actions }: JournalFilter) {
  return {
    ...(source === null ? {} : { source }),
    ...(subject === null ? {} : { subject }),
    ...(actions === null ? {} : { actions: [...actions] }),
  }
}

/** Entries, newest first, page after page; new ones appear on top without moving what was read. */
export function useJournal(filter: () => JournalFilter) {
  const client = useClient()
  const session = useSession()
  const entries = shallowRef<readonly JournalEntry[]>([])
  const known = ref(false)
  const loading = ref(false)
  const error = shallowRef<ApiError | null>(null)
  const cursor = ref<number | null>(null)
  let current: AbortController | null = null
  let timer: ReturnType<typeof setTimeout> | undefined

  async function page(after: number | null) {
    current?.abort()
    const mine = (current = new AbortController())
    loading.value = true
    try {
      const query = { ...journalQuery(filter()), order: 'newest' as const, cursor: after, limit: PAGE }
      const answer = await client.journal.list(query, { signal: mine.signal })
      if (mine.signal.aborted) return null
      error.value = null
      known.value = true
      loading.value = false
      return answer
    } catch (thrown) {
      if (mine.signal.aborted) return null
      error.value = toApiError(thrown)
      loading.value = false
      return null
    }
  }

  async function refresh(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    const head = await page(null)
    if (head === null) return
    const newest = entries.value[0]?.seq ?? 0
    const fresh = head.entries.filter(({ seq }) => seq > newest)
    // Where the new ones do not reach down to the known ones there would be a hole: start again from the top.
    const joins = newest > 0 && (fresh.length < head.entries.length || head.nextCursor === null)
    entries.value = joins ? [...fresh, ...entries.value] : head.entries
    if (!joins) cursor.value = head.nextCursor
  }

  async function more(): Promise<void> {
    if (loading.value || cursor.value === null) return
    const next = await page(cursor.value)
    if (next === null) return
    entries.value = [...entries.value, ...next.entries]
    cursor.value = next.nextCursor
  }

  watch(
    () => JSON.stringify(filter()),
    () => {
      entries.value = []
      known.value = false
      cursor.value = null
      void refresh()
    },
    { immediate: true },
  )
  watch([() => session.revision, () => session.line], ([, line]) => {
    if (line === 'connected') timer ??= setTimeout(() => void refresh(), HEAD_MS_MIN)
  })
  onScopeDispose(() => {
    clearTimeout(timer)
    current?.abort()
  })

  return { entries, known, loading, error, cursor, more, refresh }
}
