import {
  computed,
  onScopeDispose,
  ref,
  shallowRef,
  watch,
  type ComputedRef,
  type Ref,
  type ShallowRef,
} from 'vue'
import type { Message, MessageFilter, MessageList, Scope } from '../../../src-preload/contract/messages.ts'
import type { Client } from '../../api/client.ts'
import { toApiError, type ApiError } from '../../api/errors.ts'
import { useSession } from '../../app/state/session.ts'
import { useClient } from '../../app/use-client.ts'

export const PAGE_ROWS = 200
/** Pages that a refresh reads again; what lies further down is read anew when somebody scrolls there. */
const REFRESH_PAGES_MAX = 5
/** Pages that one scroll may bring while they are empty: a filter that fits nothing in a large table. */
const EMPTY_PAGES_MAX = 3
const REFRESH_MS_MIN = 2_000

export interface ListSubject {
  readonly source: string
  readonly filter: MessageFilter
  readonly order: 'newest' | 'oldest'
}

export interface MessageRows {
  readonly rows: Readonly<ShallowRef<readonly Message[]>>
  /** When and how far; null before the first answer. */
  readonly about: Readonly<ShallowRef<Pick<MessageList, 'scope' | 'asOf' | 'nextCursor'> | null>>
  readonly error: Readonly<ShallowRef<ApiError | null>>
  readonly loading: Readonly<Ref<boolean>>
  /** The table goes on below what is loaded. */
  readonly hasMore: ComputedRef<boolean>
  /** Reads on where the last page ended. */
  readonly more: () => Promise<void>
  /** Reads again what is loaded, at most a few pages, keeping the old rows until the new ones are there. */
  readonly refresh: () => Promise<void>
}

interface PagesRead {
  readonly from: string | null
  readonly pagesMax: number
  readonly signal: AbortSignal
}

/** Pages in one go: until there are enough, the end is reached, or the engine ran out of its time budget. */
async function readPages(client: Client, list: ListSubject, { from, pagesMax, signal }: PagesRead) {
  const rows: Message[] = []
  let cursor = from
  for (let page = 1; ; page += 1) {
    const answer = await client.messages.list({ ...list, cursor, limit: PAGE_ROWS }, { signal })
    const { scope, asOf, nextCursor } = answer
    rows.push(...answer.messages)
    cursor = nextCursor
    const enough = page >= pagesMax && (rows.length > 0 || page >= EMPTY_PAGES_MAX)
    if (cursor === null || enough || isPartial(scope)) return { rows, about: { scope, asOf, nextCursor } }
  }
}

/** The rows of a list, page by page. A new subject starts from nothing; a refresh keeps what is on the screen. */
export function useMessageRows(subject: () => ListSubject | null): MessageRows {
  const client = useClient()
  const session = useSession()
  const rows = shallowRef<readonly Message[]>([])
  const about = shallowRef<MessageRows['about']['value']>(null)
  const error = shallowRef<ApiError | null>(null)
  const loading = ref(false)
  let current: AbortController | null = null
  let timer: ReturnType<typeof setTimeout> | undefined
  let readAt = 0

  async function read(from: string | null, pagesMax: number): Promise<void> {
    const list = subject()
    current?.abort()
    clearTimeout(timer)
    timer = undefined
    if (list === null) {
      loading.value = false
      return
    }
    const mine = (current = new AbortController())
    loading.value = true
    readAt = Date.now()
    try {
      const found = await readPages(client, list, { from, pagesMax, signal: mine.signal })
      if (mine.signal.aborted) return
      rows.value = from === null ? found.rows : [...rows.value, ...found.rows]
      about.value = found.about
      error.value = null
    } catch (thrown) {
      if (mine.signal.aborted) return
      error.value = toApiError(thrown)
    }
    loading.value = false
  }

  async function refresh(): Promise<void> {
    await read(null, Math.min(REFRESH_PAGES_MAX, Math.max(1, Math.ceil(rows.value.length / PAGE_ROWS))))
  }

  async function more(): Promise<void> {
    const cursor = about.value?.nextCursor ?? null
    if (loading.value || cursor === null) return
    await read(cursor, 1)
  }

  watch(
    () => JSON.stringify(subject()),
    () => {
      rows.value = []
      about.value = null
      error.value = null
      void read(null, 1)
    },
    { immediate: true },
  )
  watch([() => session.revision, () => session.line], ([revision, line], [revisionBefore, lineBefore]) => {
    const missed = line !== lineBefore && (lineBefore === 'unreachable' || error.value !== null)
    const news = revisionBefore !== null && revision !== revisionBefore
    if (line !== 'connected' || !(news || missed)) return
    timer ??= setTimeout(() => void refresh(), Math.max(0, readAt + REFRESH_MS_MIN - Date.now()))
  })
  onScopeDispose(() => {
    clearTimeout(timer)
    current?.abort()
  })
  const hasMore = computed(() => (about.value?.nextCursor ?? null) !== null)
  return { rows, about, error, loading, hasMore, more, refresh }
}

export function isPartial(scope: Scope): scope is Extract<Scope, { complete: false }> {
  return !scope.complete
}
