import fc from 'fast-check'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openStore } from '../../src-main/adapters/store-sqlite/open-store.ts'
import { systemClock } from '../../src-main/adapters/system/clock.ts'
import { itemMayMove, itemResults, itemStates } from '../../src-main/domain/job.ts'
import type { ItemMove, ItemResult, ItemState } from '../../src-main/domain/job.ts'
import { begin, draft, owner, moveItems } from '../support/store-samples.ts'

const ITEMS = 6

interface ModelItem {
  readonly state: ItemState
  readonly result: ItemResult | null
  readonly marked: boolean | null
}

const move: fc.Arbitrary<ItemMove> = fc
  .record({
    seq: fc.integer({ min: 1, max: ITEMS }),
    from: fc.constantFrom(...itemStates),
    to: fc.constantFrom(...itemStates),
    result: fc.option(fc.constantFrom(...itemResults)),
    marked: fc.option(fc.boolean()),
  })
  .map(({ result, marked, ...rest }) => ({
    ...rest,
    ...(result !== null && (rest.to === 'done' || rest.to === 'settling') ? { result } : {}),
    ...(marked !== null && rest.to === 'done' ? { marked } : {}),
  }))

/** What a call should do, as simply as it can be said. Null: refused. */
function apply(items: readonly ModelItem[], moves: readonly ItemMove[]): ModelItem[] | null {
  const next = [...items]
  for (const { seq, from, to, result, marked } of moves) {
    const item = next[seq - 1]!
    if (item.state !== from || !itemMayMove(from, to)) return null
    const kept = to === 'planned' ? { result: null, marked: null } : item
    const moved = { state: to, result: result ?? kept.result, marked: marked ?? kept.marked }
    if (to === 'done' && moved.result === null) return null
    next[seq - 1] = moved
  }
  return next
}

test('any moves: the store does what the model does, the tally is what a recount gives, refusals change nothing', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'redrive-random-')), 'redrive.db')
  const store = openStore({ path, clock: systemClock() })
  let run = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(move, { minLength: 1, maxLength: 3 }), { maxLength: 40 }),
      async (calls) => {
        run += 1
        const { job } = await begin(store, String(run), ITEMS)
        let model: ModelItem[] = Array.from({ length: ITEMS }, () => ({
          state: 'planned',
          result: null,
          marked: null,
        }))
        for (const moves of calls) {
          const next = apply(model, moves)
          const call = moveItems(store.jobs, job.job, owner, moves, draft('job-claiming'))
          if (next) await call
          else await expect(call).rejects.toMatchObject({ code: 'job-state-forbids' })
          model = next ?? model
        }
        const items = await store.jobReader.items(job.job, { afterSeq: 0, limit: 100 })
        expect(items.map(({ itemState, result, marked }) => ({ state: itemState, result, marked }))).toEqual(
          model,
        )
        const done = model.filter((item) => item.state === 'done')
        const count = (result: ItemResult): number => done.filter((item) => item.result === result).length
        const unmarked = done.filter(
          ({ result, marked }) =>
            marked === false && !['unknown', 'skipped', 'parked'].includes(result ?? ''),
        )
        expect(await store.jobReader.job(job.job)).toMatchObject({
          ended: done.length,
          tally: {
            ...Object.fromEntries(itemResults.map((result) => [result, count(result)])),
            unsettled: count('unknown'),
            unmarked: unmarked.length,
          },
        })
        const held = new Set((await store.jobReader.held('orders', ['1', '2', '3', '4', '5', '6'])).values())
        const open = model.some(
          ({ state, result }) =>
            (state !== 'planned' && state !== 'done') || (state === 'done' && result === 'unknown'),
        )
        expect(held.has(job.job) || !open).toBe(true)
      },
    ),
    { numRuns: 60 },
  )
  expect(await store.journal.verify(new AbortController().signal)).toMatchObject({ intact: true })
  await store.close()
})
