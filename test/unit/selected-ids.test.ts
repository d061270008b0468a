import fc from 'fast-check'
import { expect, test } from 'vitest'
import { READ_BATCH } from '../../src-main/app/resend/plan-items.ts'
import { selectedIds } from '../../src-main/app/resend/selected-ids.ts'
import type { Selection } from '../../src-main/app/resend/selected-ids.ts'
import type { JobItem } from '../../src-main/domain/job.ts'
import type { JobReader } from '../../src-main/ports/job-store.ts'
import type { MessagePage, Outbox } from '../../src-main/ports/outbox.ts'

const never = new AbortController().signal

async function select(
  selection: Selection,
  { list, items }: { list?: Outbox['list']; items?: JobReader['items'] } = {},
): Promise<readonly string[][]> {
  const from = { outbox: { list } as Outbox, jobReader: { items } as JobReader }
  const batches: string[][] = []
  for await (const batch of selectedIds(from, selection, never)) batches.push([...batch])
  return batches
}

const ofIds = (ids: readonly string[]): Selection => ({ kind: 'ids', ids })

test('numbers go by value: the order in which the rows were stored', async () => {
  expect(await select(ofIds(['10', '9', '2', '100', '1']))).toEqual([['1', '2', '9', '10', '100']])
  // Beyond what a double can tell apart.
  const large = ['9007199254740993', '9007199254740992', '9223372036854775807', '999']
  expect((await select(ofIds(large))).flat()).toEqual([
    '999',
    '9007199254740992',
    '9007199254740993',
    '9223372036854775807',
  ])
})

test('what is chosen in any order and more than once is sent once, in one order, in batches', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.bigInt({ min: 1n, max: 3_000n }), { maxLength: 2_000 }), async (numbers) => {
      const batches = await select(ofIds(numbers.map(String)))
      const sorted = [...new Set(numbers)].sort((a, b) => (a < b ? -1 : 1)).map(String)
      expect(batches.flat()).toEqual(sorted)
      for (const [index, batch] of batches.entries()) {
        if (index < batches.length - 1) expect(batch).toHaveLength(READ_BATCH)
        else expect(batch.length).toBeLessThanOrEqual(READ_BATCH)
      }
    }),
    { numRuns: 30 },
  )
})

test('ids that are no numbers have one order too, whatever stands beside them', async () => {
  const text = fc.oneof(
    fc.uuid(),
    fc.integer({ min: 0, max: 2_000 }).map(String),
    fc.constantFrom('1a', '-5', 'z'),
  )
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(text, { maxLength: 12 }), fc.nat(), async (ids, turn) => {
      const turned = [...ids.slice(turn % (ids.length || 1)), ...ids.slice(0, turn % (ids.length || 1))]
      expect(await select(ofIds(turned))).toEqual(await select(ofIds(ids)))
      expect(await select(ofIds([...ids].reverse()))).toEqual(await select(ofIds(ids)))
    }),
  )
})

function page(ids: readonly string[], nextCursor: string | null, complete = true): MessagePage {
  const messages = ids.map((id) => ({ id })) as unknown as MessagePage['messages']
  const scope = complete
    ? ({ complete: true } as const)
    : ({ complete: false, reason: 'time-budget', scannedToId: null } as const)
  return { messages, nextCursor, scope }
}

test('a filter is followed to its end, oldest first, pages without a find included', async () => {
  const pages = [page(['1', '2'], 'a'), page([], 'b', false), page(['7'], null)]
  const asked: unknown[] = []
  const list: Outbox['list'] = (query) => {
    asked.push([query.order, query.cursor])
    return Promise.resolve(pages[asked.length - 1]!)
  }
  const batches = await select({ kind: 'filter', filter: {} }, { list })
  expect(batches.flat()).toEqual(['1', '2', '7'])
  expect(asked).toEqual([
    ['oldest', null],
    ['oldest', 'a'],
    ['oldest', 'b'],
  ])
})

test('half a selection is no selection', async () => {
  const filter: Selection = { kind: 'filter', filter: {} }
  const cutOff: Outbox['list'] = () => Promise.resolve(page(['1'], null, false))
  await expect(select(filter, { list: cutOff })).rejects.toMatchObject({
    code: 'query-timeout',
    retry: 'later',
  })
  let pages = 0
  const endless: Outbox['list'] = () => {
    pages += 1
    return Promise.resolve(page([], 'more', false))
  }
  await expect(select(filter, { list: endless })).rejects.toMatchObject({ code: 'query-timeout' })
  expect(pages).toBeLessThan(100)
})

test('what became of a job comes in the order in which it was sent', async () => {
  const all = Array.from({ length: 1_234 }, (_, index) => ({ seq: index + 1, id: String(9_000 - index) }))
  const items: JobReader['items'] = (job, { results, afterSeq, limit }) => {
    expect([job, results]).toEqual(['job-1', ['returned', 'parked']])
    return Promise.resolve(all.filter(({ seq }) => seq > afterSeq).slice(0, limit) as unknown as JobItem[])
  }
  const batches = await select({ kind: 'job', job: 'job-1', results: ['returned', 'parked'] }, { items })
  expect(batches.map((batch) => batch.length)).toEqual([500, 500, 234])
  expect(batches.flat()).toEqual(all.map(({ id }) => id))
})
