import { expect, test } from 'vitest'
import { QueueRows, RETURN_TRIES_MAX } from '../../src-main/app/dead-letters/queue-rows.ts'
import { letterDigest, letterId } from '../../src-main/domain/dead-letter/letter.ts'
import type { Letter } from '../../src-main/domain/dead-letter/letter.ts'
import type { Job, JobItem } from '../../src-main/domain/job.ts'
import type { Holding } from '../../src-main/ports/dead-letters.ts'
import type { JobReader } from '../../src-main/ports/job-store.ts'

const never = new AbortController().signal

function letterOf(messageId: string): Letter {
  const body = new TextEncoder().encode('{}')
  return { exchange: 'orders', routingKey: 'paid', messageId, type: null, body, headers: {}, properties: {} }
}

function idOf(letter: Letter): string {
  return letterId(letter.messageId, letterDigest(letter), 1)
}

/** A queue whose letters another connection still holds, until the clock has slept `returnAfter` times. */
function scene(letters: readonly Letter[], returnAfter: number) {
  const queue: Letter[] = []
  const removed: string[] = []
  let slept = 0
  const back = (): void => {
    if (slept === returnAfter) queue.push(...letters)
  }
  back()
  const clock = {
    now: () => new Date(0),
    sleep: async () => {
      slept += 1
      back()
    },
  }
  const holding = (): Holding => {
    const held = new Map<number, Letter>()
    return {
      next: async (limit) =>
        queue.splice(0, limit).map((letter) => {
          const tag = held.size + 1
          held.set(tag, letter)
          return { tag, letter }
        }),
      remove: async (tags) => {
        removed.push(...tags.map((tag) => held.get(tag)?.messageId ?? ''))
      },
      close: async () => undefined,
    }
  }
  const items = letters.map((letter, index) => ({
    seq: index + 1,
    id: idOf(letter),
    payloadDigest: letterDigest(letter),
  })) as unknown as JobItem[]
  const jobReader = {
    items: async (_job: string, { afterSeq, unsettled }: { afterSeq: number; unsettled?: boolean }) =>
      unsettled === true ? [] : items.filter(({ seq }) => seq > afterSeq),
  } as unknown as JobReader
  const job = { job: 'job-1' } as Job
  let held = 0
  const hold = async (): Promise<Holding> => {
    held += 1
    return holding()
  }
  const rows = new QueueRows({ jobReader, clock, job, hold })
  return { rows, removed, slept: () => slept, held: () => held }
}

function confirmOf(letter: Letter) {
  return { id: idOf(letter), as: 'confirm', reason: null, stateBefore: 'failed' } as const
}

test('a letter that the broker puts back late after a crash is waited for and taken out', async () => {
  const letter = letterOf('late')
  const { rows, removed } = scene([letter], 2)
  const [marked] = await rows.mark([confirmOf(letter)], 'token', never)
  expect(marked).toMatchObject({ marked: true })
  expect(removed).toEqual(['late'])
})

test('a confirmed letter that is not met again is not told as taken out', async () => {
  const [here, gone] = [letterOf('here'), letterOf('gone')]
  const { rows, removed, slept } = scene([here], 0)
  const results = await rows.mark([confirmOf(here), confirmOf(gone)], 'token', never)
  expect(results.map(({ marked }) => marked)).toEqual([true, false])
  expect(removed).toEqual(['here'])
  expect(slept()).toBe(RETURN_TRIES_MAX)
})

test('what is not in the queue is waited for once in a run, and then not claimed', async () => {
  const gone = letterOf('gone')
  const { rows, slept } = scene([], 0)
  const request = { id: idOf(gone), version: '' }
  expect(await rows.claim([request], 'token', never)).toEqual([{ id: request.id, claimed: false }])
  expect(await rows.claim([request], 'token', never)).toEqual([{ id: request.id, claimed: false }])
  expect(slept()).toBe(RETURN_TRIES_MAX)
})

test('two claims of a run at once opened the queue twice, and what the first held stayed hidden', async () => {
  const letters = [letterOf('first'), letterOf('second')]
  const { rows, held } = scene(letters, 0)
  const claims = letters.map((letter) => rows.claim([{ id: idOf(letter), version: '' }], 'token', never))
  expect((await Promise.all(claims)).flat().map(({ claimed }) => claimed)).toEqual([true, true])
  expect(held()).toBe(1)
})
