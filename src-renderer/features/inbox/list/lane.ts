import { computed, ref, shallowRef, type ComputedRef } from 'vue'
import type { MessageFilter, MessageList } from '../../../../src-preload/contract/messages.ts'
import type { Client } from '../../../api/client.ts'
import { toApiError, type ApiError } from '../../../api/errors.ts'
import { seeksContent } from '../../../app/query.ts'
import { rowsOf, type Row } from './rows.ts'
import { isPartial, readPages, type AskPage, type PagesRead } from './read-pages.ts'
import { NOTHING_LOADED, putIn, staleIn, type Loaded } from './stretches.ts'

export const PAGE_ROWS = 200
/** Pages from the beginning that a refresh reads again; what lies further down, when it comes into sight. */
const REFRESH_PAGES_MAX = 5
/** A search inside of messages looks on by itself for so long; then somebody has to say that it shall. */
const SEARCH_RUN_MS_MAX = 60_000

/** When and how far a list was read. */
export type About = Pick<MessageList, 'scope' | 'asOf' | 'nextCursor' | 'looked'>

export interface LaneSubject {
  readonly filter: MessageFilter
  readonly order: 'newest' | 'oldest'
}

/** The list of one source, as far as it was read. */
export class Lane {
  readonly source: string
  readonly rows: ComputedRef<readonly Row[]> = computed(() => this.#loaded.value.rows)
  /** Null before the first answer. */
  readonly about = shallowRef<About | null>(null)
  readonly error = shallowRef<ApiError | null>(null)
  readonly loading = ref(false)
  readonly #loaded = shallowRef(NOTHING_LOADED)
  readonly #searches: boolean
  readonly #ask: AskPage
  #round = 0
  #reading: AbortController | null = null
  #freshening: AbortController | null = null

  constructor(client: Client, source: string, list: LaneSubject) {
    this.source = source
    this.#searches = seeksContent(list.filter)
    this.#ask = async (cursor, signal) => {
      const asked = { source, ...list, cursor, limit: PAGE_ROWS }
      const { messages, ...told } = await client.messages.list(asked, { signal })
      return { rows: rowsOf(source, messages), ...told }
    }
  }

  /** From the beginning; what is on the screen stays until that is there. */
  reread(): Promise<void> {
    const pages = Math.ceil(this.rows.value.length / PAGE_ROWS)
    return this.#read(null, Math.min(REFRESH_PAGES_MAX, Math.max(1, pages)))
  }

  /** One page more. */
  async more(): Promise<void> {
    const about = this.about.value
    const cursor = about?.nextCursor ?? null
    const halted = about?.looked?.rows === 0
    if (!this.loading.value && (cursor !== null || halted)) await this.#read(cursor, 1)
  }

  /** Reads a page again of what is in sight (the first row and the last) and older than the last `reread`. False: there is none. */
  async freshen(first: Row, last: Row): Promise<boolean> {
    if (this.loading.value || this.error.value !== null) return false
    const rows = this.rows.value
    const stale = staleIn(this.#loaded.value, [rows.indexOf(first), rows.indexOf(last)], this.#round)
    if (stale === undefined) return false
    this.#freshening?.abort()
    const { signal } = (this.#freshening = new AbortController())
    try {
      const read = await readPages(this.#ask, {
        from: stale.from,
        pages: 1,
        before: this.#loaded.value,
        signal,
      })
      if (signal.aborted) return false
      // The list is as old as its oldest part.
      this.#put(this.#loaded.value, { ...read, asOf: this.about.value?.asOf ?? read.asOf })
      return true
    } catch (thrown) {
      if (!signal.aborted) this.error.value = toApiError(thrown)
      return false
    }
  }

  /** Ends a search; what it has found stays, and `more` goes on from there. */
  halt(): void {
    if (!this.loading.value) return
    this.#reading?.abort()
    this.loading.value = false
    this.about.value ??= nothingYet()
  }

  stop(): void {
    this.#reading?.abort()
    this.#freshening?.abort()
  }

  async #read(from: string | null, pages: number): Promise<void> {
    this.stop()
    const { signal } = (this.#reading = new AbortController())
    this.loading.value = true
    if (from === null) this.#round += 1
    // What a search has found is as of its time: another one begins with nothing.
    let before = from === null && this.#searches ? NOTHING_LOADED : this.#loaded.value
    try {
      const searchesUntil = this.#searches ? Date.now() + SEARCH_RUN_MS_MAX : 0
      for (let [cursor, found] = [from, 0]; ;) {
        const read = await readPages(this.#ask, { from: cursor, pages, before, signal })
        if (signal.aborted) return
        before = this.#put(before, read)
        this.error.value = null
        found += read.found
        cursor = before.next
        // Look after look, each of them bounded; what was found so far is shown between them.
        const goesOn = isPartial(read.scope) && cursor !== null && found < PAGE_ROWS
        if (!goesOn || Date.now() >= searchesUntil) break
      }
    } catch (thrown) {
      if (signal.aborted) return
      this.error.value = toApiError(thrown)
    }
    this.loading.value = false
  }

  #put(before: Loaded, { pages, scope, asOf, looked }: PagesRead): Loaded {
    const loaded = putIn(before, pages, this.#round)
    // An answer that was cut short says so of the list only where the list ends with it.
    const ends = loaded.next === (pages.at(-1)?.next ?? null)
    this.#loaded.value = loaded
    this.about.value = {
      scope: ends ? scope : { complete: true },
      asOf,
      nextCursor: loaded.next,
      ...(looked === undefined ? {} : { looked }),
    }
    return loaded
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
