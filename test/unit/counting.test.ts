import { expect, test } from 'vitest'
import { createChanges } from '../../src-main/app/changes.ts'
import { createCounting } from '../../src-main/app/watch/counting.ts'
import { RedriveError } from '../../src-main/domain/errors.ts'
import { manualClock } from '../support/manual-clock.ts'

function failingCounts() {
  const asked: string[] = []
  const connection = Promise.withResolvers<void>()
  const counting = createCounting({
    messages: {
      counts: async (source) => {
        asked.push(source)
        await connection.promise
        throw new RedriveError('connection-lost', 'later')
      },
    },
    changes: createChanges(),
    clock: manualClock(),
  })
  const fail = async (): Promise<void> => {
    connection.resolve()
    // Where nobody has heard it by then, it ends the process; here, the run.
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { counting, asked, fail }
}

test('a count for a question that had been taken back failed unheard, which ended the engine: none is begun', async () => {
  const { counting, asked, fail } = failingCounts()
  await expect(counting.counts('shop', { freshMs: 0 }, AbortSignal.abort())).rejects.toThrow('aborted')
  await fail()
  expect(asked).toEqual([])
})

test('a question that is taken back while its count goes on leaves it to the others, and hears nothing of its end', async () => {
  const { counting, asked, fail } = failingCounts()
  const gone = new AbortController()
  const one = counting.counts('shop', { freshMs: 0 }, gone.signal)
  const other = counting.counts('shop', { freshMs: 0 }, new AbortController().signal)
  gone.abort()
  await expect(one).rejects.toThrow('aborted')
  const told = expect(other).rejects.toThrow('connection-lost')
  await fail()
  await told
  expect(asked).toEqual(['shop'])
})
