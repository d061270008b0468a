import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue'
import type { Message, MessageFilter, MessageList, Scope } from '../../../src-preload/contract/messages.ts'
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
  /** Reads on where the last page ended. */
  more(): Promise<void>
  /** Reads again what is loaded, at most a few pages, keeping the old rows until the new ones are there. */
  refresh(): Promise<void>
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
      const found = await readPages(list, { from, pagesMax, signal: mine.signal })
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

  interface PagesRead {
    readonly from: string | null
    readonly pagesMax: number
    readonly signal: AbortSignal
  }

  async function readPages(list: ListSubject, { from, pagesMax, signal }: PagesRead) {
    const found: Message[] = []
    let cursor = from
    for (let page = 1; ; page += 1) {
      const answer = await client.messages.list({ ...list, cursor, limit: PAGE_ROWS }, { signal })
      found.push(...answer.messages)
      cursor = answer.nextCursor
      const enough = page >= pagesMax || isPartial(answer.scope)
      if (
        cursor === null ||
        (enough && (found.length > 0 || page >= EMPTY_PAGES_MAX || isPartial(answer.scope)))
      )
        return { rows: found, about: { scope: answer.scope, asOf: answer.asOf, nextCursor: cursor } }
    }
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
    const news = revisionBefore !== null && revision !== revisionBefore
    if (line !== 'connected' || !(news || lineBefore === 'unreachable')) return
    timer ??= setTimeout(() => void refresh(), Math.max(0, readAt + REFRESH_MS_MIN - Date.now()))
  })
  onScopeDispose(() => {
    clearTimeout(timer)
    current?.abort()
  })
  return { rows, about, error, loading, more, refresh }
}

export function isPartial(scope: Scope): scope is Extract<Scope, { complete: false }> {
  return !scope.complete
}
