import type { MessageList, Scope } from '../../../../src-preload/contract/messages.ts'
import type { Row } from './rows.ts'
import { joins, type Loaded, type PageRead } from './stretches.ts'

/** Pages that one scroll may bring while they are empty: a filter that fits nothing in a large table. */
const EMPTY_PAGES_MAX = 3

/** When and how far a page was read. */
type Told = Pick<MessageList, 'scope' | 'asOf' | 'looked'>
type Page = Told & { readonly rows: readonly Row[]; readonly nextCursor: string | null }

export type AskPage = (cursor: string | null, signal: AbortSignal) => Promise<Page>

/** Pages that are read beyond those asked for, until what is loaded below joins on. */
const JOINING_PAGES_MAX = 5

interface PagesAsked {
  readonly from: string | null
  readonly pages: number
  /** What is loaded, into which they will be put. */
  readonly before: Loaded
  readonly signal: AbortSignal
}

export type PagesRead = Told & { readonly pages: readonly PageRead[]; readonly found: number }

/** Pages in one go: until there are enough and they join on, the end is reached, or the engine ran out of its time budget. */
export async function readPages(
  ask: AskPage,
  { from, before, signal, ...asked }: PagesAsked,
): Promise<PagesRead> {
  const pages: PageRead[] = []
  let found = 0
  for (let cursor = from; ;) {
    const { rows, nextCursor, ...told } = await ask(cursor, signal)
    pages.push({ from: cursor, rows, next: nextCursor })
    found += rows.length
    cursor = nextCursor
    const more = pages.length - asked.pages
    const enough = more >= 0 && (found > 0 || pages.length >= EMPTY_PAGES_MAX)
    if (cursor === null || isPartial(told.scope)) return { pages, found, ...told }
    if (enough && (more >= JOINING_PAGES_MAX || joins(before, pages))) return { pages, found, ...told }
  }
}

export function isPartial(scope: Scope): scope is Extract<Scope, { complete: false }> {
  return !scope.complete
}
