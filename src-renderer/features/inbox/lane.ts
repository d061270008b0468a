import { ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import type { MessageFilter, MessageList, Scope } from '../../../src-preload/contract/messages.ts'
import type { Client } from '../../api/client.ts'
import { toApiError, type ApiError } from '../../api/errors.ts'
import { rowsOf, type Row } from './rows.ts'

export const PAGE_ROWS = 200
/** Pages that one scroll may bring while they are empty: a filter that fits nothing in a large table. */
const EMPTY_PAGES_MAX = 3

/** When and how far a list was read. */
export type About = Pick<MessageList, 'scope' | 'asOf' | 'nextCursor'>

export interface LaneSubject {
  readonly filter: MessageFilter
  readonly order: 'newest' | 'oldest'
}

/** The list of one source, as far as it was read. */
export interface Lane {
  readonly source: string
  readonly rows: Readonly<ShallowRef<readonly Row[]>>
  /** Null before the first answer. */
  readonly about: Readonly<ShallowRef<About | null>>
  readonly error: Readonly<ShallowRef<ApiError | null>>
  readonly loading: Readonly<Ref<boolean>>
  /** From the beginning, so many pages; what is on the screen stays until they are there. */
  readonly reread: (pagesMax: number) => Promise<void>
  /** One page more. */
  readonly more: () => Promise<void>
  readonly stop: () => void
}

interface PagesRead {
  readonly from: string | null
  readonly pagesMax: number
  readonly signal: AbortSignal
}

export function openLane(client: Client, source: string, list: LaneSubject): Lane {
  const rows = shallowRef<readonly Row[]>([])
  const about = shallowRef<About | null>(null)
  const error = shallowRef<ApiError | null>(null)
  const loading = ref(false)
  let current: AbortController | null = null

  /** Pages in one go: until there are enough, the end is reached, or the engine ran out of its time budget. */
  async function readPages({ from, pagesMax, signal }: PagesRead) {
    const found: Row[] = []
    let cursor = from
    for (let page = 1; ; page += 1) {
      const asked = { source, ...list, cursor, limit: PAGE_ROWS }
      const { messages, scope, asOf, nextCursor } = await client.messages.list(asked, { signal })
      found.push(...rowsOf(source, messages))
      cursor = nextCursor
      const enough = page >= pagesMax && (found.length > 0 || page >= EMPTY_PAGES_MAX)
      if (cursor === null || enough || isPartial(scope)) return { found, about: { scope, asOf, nextCursor } }
    }
  }

  async function read(from: string | null, pagesMax: number): Promise<void> {
    current?.abort()
    const mine = (current = new AbortController())
    loading.value = true
    try {
      const pages = await readPages({ from, pagesMax, signal: mine.signal })
      if (mine.signal.aborted) return
      rows.value = from === null ? pages.found : [...rows.value, ...pages.found]
      about.value = pages.about
      error.value = null
    } catch (thrown) {
      if (mine.signal.aborted) return
      error.value = toApiError(thrown)
    }
    loading.value = false
  }

  return {
    source,
    rows,
    about,
    error,
    loading,
    reread: (pagesMax) => read(null, pagesMax),
    more: async () => {
      const cursor = about.value?.nextCursor ?? null
      if (!loading.value && cursor !== null) await read(cursor, 1)
    },
    stop: () => current?.abort(),
  }
}

export function isPartial(scope: Scope): scope is Extract<Scope, { complete: false }> {
  return !scope.complete
}
