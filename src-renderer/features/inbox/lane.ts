import { ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import type { MessageFilter, MessageList, Scope } from '../../../src-preload/contract/messages.ts'
import type { Client } from '../../api/client.ts'
import { toApiError, type ApiError } from '../../api/errors.ts'
import { seeksContent } from '../../app/query.ts'
import { rowsOf, type Row } from './rows.ts'

export const PAGE_ROWS = 200
/** Pages that one scroll may bring while they are empty: a filter that fits nothing in a large table. */
const EMPTY_PAGES_MAX = 3

/** A search inside of messages looks on by itself for so long; then somebody has to say that it shall. */
const SEARCH_RUN_MS_MAX = 60_000

/** When and how far a list was read. */
export type About = Pick<MessageList, 'scope' | 'asOf' | 'nextCursor' | 'looked'>

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
  /** Ends a search; what it has found stays, and `more` goes on from there. */
  readonly halt: () => void
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
      const { messages, scope, asOf, nextCursor, looked } = await client.messages.list(asked, { signal })
      found.push(...rowsOf(source, messages))
      cursor = nextCursor
      const enough = page >= pagesMax && (found.length > 0 || page >= EMPTY_PAGES_MAX)
      if (cursor === null || enough || isPartial(scope))
        return { found, about: { scope, asOf, nextCursor, ...(looked === undefined ? {} : { looked }) } }
    }
  }

  async function read(from: string | null, pagesMax: number): Promise<void> {
    current?.abort()
    const mine = (current = new AbortController())
    loading.value = true
    try {
      const searchesUntil = seeksContent(list.filter) ? Date.now() + SEARCH_RUN_MS_MAX : 0
      for (let [cursor, found, begun] = [from, 0, false]; ;) {
        const pages = await readPages({ from: cursor, pagesMax, signal: mine.signal })
        if (mine.signal.aborted) return
        rows.value = from === null && !begun ? pages.found : [...rows.value, ...pages.found]
        about.value = pages.about
        error.value = null
        begun = true
        found += pages.found.length
        cursor = pages.about.nextCursor
        // Look after look, each of them bounded; what was found so far is shown between them.
        const goesOn = isPartial(pages.about.scope) && cursor !== null && found < PAGE_ROWS
        if (!goesOn || Date.now() >= searchesUntil) break
      }
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
      const halted = about.value !== null && about.value.looked?.rows === 0
      if (!loading.value && (cursor !== null || halted)) await read(cursor, 1)
    },
    halt: () => {
      if (!loading.value) return
      current?.abort()
      loading.value = false
      about.value ??= nothingYet()
    },
    stop: () => current?.abort(),
  }
}

/** Ended before the first look had come back. */
function nothingYet(): About {
  return {
    scope: { complete: false, reason: 'time-budget', scannedToId: null },
    asOf: new Date().toISOString(),
    nextCursor: null,
    looked: { rows: 0, ofAbout: null },
  }
}

export function isPartial(scope: Scope): scope is Extract<Scope, { complete: false }> {
  return !scope.complete
}
