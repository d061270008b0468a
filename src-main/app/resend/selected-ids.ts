import { RedriveError } from '../../domain/errors.ts'
import type { ItemResult } from '../../domain/job.ts'
import type { JobReader } from '../../ports/job-store.ts'
import { LIST_LIMIT_MAX } from '../../ports/outbox.ts'
import type { MessageFilter, Outbox } from '../../ports/outbox.ts'
import { READ_BATCH } from './plan-items.ts'

export type Selection =
  | { readonly kind: 'ids'; readonly ids: readonly string[] }
  | { readonly kind: 'filter'; readonly filter: MessageFilter }
  /** What became of a job: its items that ended so. */
  | { readonly kind: 'job'; readonly job: string; readonly results: readonly ItemResult[] }

/** Time for one page of the selection, and pages without a single new row before the plan gives up. */
const COLLECT_PAGE_BUDGET_MS = 5_000
const EMPTY_PAGES_MAX = 60

/** Row ids of a selection in the order in which the rows were stored, at most READ_BATCH at a time. */
export async function* selectedIds(
  { outbox, jobReader }: { readonly outbox: Outbox; readonly jobReader: JobReader },
  selection: Selection,
  signal: AbortSignal,
): AsyncGenerator<readonly string[]> {
  if (selection.kind === 'ids') yield* slices([...new Set(selection.ids)].sort(byId))
  else if (selection.kind === 'job') yield* jobIds(jobReader, selection)
  else yield* filteredIds(outbox, selection.filter, signal)
}

async function* jobIds(
  jobReader: JobReader,
  { job, results }: Extract<Selection, { kind: 'job' }>,
): AsyncGenerator<readonly string[]> {
  for (let afterSeq = 0; ;) {
    const items = await jobReader.items(job, { results, afterSeq, limit: READ_BATCH })
    const last = items.at(-1)
    if (!last) return
    yield items.map(({ id }) => id)
    afterSeq = last.seq
  }
}

async function* filteredIds(
  outbox: Outbox,
  filter: MessageFilter,
  signal: AbortSignal,
): AsyncGenerator<readonly string[]> {
  let cursor: string | null = null
  let emptyPages = 0
  do {
    const query = { filter, order: 'oldest' as const, cursor, limit: LIST_LIMIT_MAX }
    const page = await outbox.list({ ...query, budgetMs: COLLECT_PAGE_BUDGET_MS }, signal)
    yield* slices(page.messages.map((message) => message.id))
    emptyPages = page.messages.length === 0 ? emptyPages + 1 : 0
    // A plan of half a selection would look like the whole: without the end there is no plan.
    if (emptyPages > EMPTY_PAGES_MAX || (!page.scope.complete && page.nextCursor === null)) {
      throw new RedriveError('query-timeout', 'later', { limitMs: COLLECT_PAGE_BUDGET_MS * EMPTY_PAGES_MAX })
    }
    cursor = page.nextCursor
  } while (cursor !== null)
}

function* slices(ids: readonly string[]): Generator<readonly string[]> {
  for (let from = 0; from < ids.length; from += READ_BATCH) yield ids.slice(from, from + READ_BATCH)
}

const digits = /^\d{1,19}$/

/** Numbers by value, whatever else behind them by its text: one order, however they were chosen. */
function byId(a: string, b: string): number {
  const numberA = digits.test(a)
  if (numberA !== digits.test(b)) return numberA ? -1 : 1
  if (numberA && a.length !== b.length) return a.length - b.length
  return a < b ? -1 : a > b ? 1 : 0
}
