import { expect, test } from 'vitest'
import {
  BUDGET_MS,
  codeOf,
  EVERY_STATE,
  idsOf,
  LONG_AGO_SEC,
  message,
  OPTIONS,
  query,
  signal,
} from './outbox-fixture.ts'
import type { Make } from './outbox-fixture.ts'

export function lookingTests(make: Make): void {
  test('each state is recognised and can be asked for', async () => {
    const { outbox, add } = await make(OPTIONS)
    const ids = await add(EVERY_STATE)
    const page = await outbox.list(query({}), signal())
    expect(page.messages.map((one) => [one.id, one.state])).toEqual(
      EVERY_STATE.map((row, index) => [ids[index], row.state]),
    )
    for (const [index, row] of EVERY_STATE.entries()) {
      expect(await idsOf(outbox, { states: [row.state] }), row.state).toEqual([ids[index]])
    }
    expect(await idsOf(outbox, { states: ['failed', 'pending'] })).toEqual([ids[0], ids[5]])
    expect(await idsOf(outbox, { states: ['unknown'] })).toEqual([])
    expect(await idsOf(outbox, { states: [] })).toEqual([])
  })

  test('failed is what the row calls failed, and what waits with its attempts used up', async () => {
    const { outbox, add } = await make(OPTIONS)
    const [failed, usedUp] = await add([
      { state: 'failed', attempts: 1 },
      { state: 'retrying', attempts: 3, updatedSecAgo: LONG_AGO_SEC },
      { state: 'retrying', attempts: 2 },
      { state: 'discarded', attempts: 3 },
      { state: 'sent', attempts: 3 },
      { state: 'in-flight', attempts: 3 },
    ])
    expect(await idsOf(outbox, { trouble: 'failed' })).toEqual([failed, usedUp])
    expect((await message(outbox, usedUp!)).trouble).toBe('failed')
    expect((await message(outbox, usedUp!)).attemptsMax).toBe(3)
  })

  test('stuck is what has been due for longer than the limit', async () => {
    const { outbox, add } = await make(OPTIONS)
    const old = { createdSecAgo: LONG_AGO_SEC }
    const ids = await add([
      { state: 'pending', ...old },
      { state: 'retrying', attempts: 1, ...old, updatedSecAgo: 120 },
      { state: 'in-flight', attempts: 3, ...old, updatedSecAgo: 120 },
      // Not stuck: young, touched lately, due only now, waiting for its time, or not waiting at all.
      { state: 'pending', createdSecAgo: 10 },
      { state: 'retrying', attempts: 1, ...old, updatedSecAgo: 10 },
      { state: 'in-flight', attempts: 1, ...old, updatedSecAgo: 10 },
      { state: 'pending', ...old, updatedSecAgo: 120, dueInSec: -5 },
      { state: 'scheduled', ...old, dueInSec: 600 },
      { state: 'failed', attempts: 3, ...old },
      { state: 'discarded', attempts: 3, ...old },
      { state: 'sent', attempts: 1, ...old },
    ])
    expect(await idsOf(outbox, { trouble: 'stuck' })).toEqual(ids.slice(0, 3))
    const page = await outbox.list(query({}), signal())
    expect(page.messages.map((one) => one.trouble)).toEqual([
      ...['stuck', 'stuck', 'stuck', null, null, null, null, null],
      ...['failed', null, null],
    ])
  })

  test.each(['newest', 'oldest'] as const)(
    'pages %s first: every row once, in order of the key',
    async (order) => {
      const { outbox, add } = await make(OPTIONS)
      // More than nine, so that an order of text would show.
      const ids = await add(Array.from({ length: 25 }, () => ({ state: 'failed', attempts: 3 }) as const))
      const seen: string[] = []
      let cursor: string | null = null
      do {
        const page = await outbox.list(query({ trouble: 'failed' }, { order, cursor, limit: 4 }), signal())
        expect(page.messages.length).toBeLessThanOrEqual(4)
        seen.push(...page.messages.map((one) => one.id))
        cursor = page.nextCursor
      } while (cursor !== null && seen.length <= ids.length)
      expect(seen).toEqual(order === 'oldest' ? ids : ids.toReversed())
    },
  )

  test('a row that arrives between two pages moves no other', async () => {
    const { outbox, add } = await make(OPTIONS)
    const ids = await add([{ state: 'pending' }, { state: 'pending' }, { state: 'pending' }])
    const first = await outbox.list(query({}, { order: 'newest', limit: 2 }), signal())
    await add([{ state: 'pending' }])
    const second = await outbox.list(
      query({}, { order: 'newest', limit: 2, cursor: first.nextCursor }),
      signal(),
    )
    expect(second.messages.map((one) => one.id)).toEqual([ids[0]])
  })

  test('refuses what is no cursor, one of the other order, and a limit out of range', async () => {
    const { outbox, add } = await make(OPTIONS)
    await add([{ state: 'pending' }, { state: 'pending' }])
    expect(await codeOf(outbox.list(query({}, { cursor: 'nonsense' }), signal()))).toBe('usage')
    const { nextCursor } = await outbox.list(query({}, { limit: 1 }), signal())
    expect(nextCursor).not.toBeNull()
    expect(await codeOf(outbox.list(query({}, { cursor: nextCursor, order: 'newest' }), signal()))).toBe(
      'usage',
    )
    expect(await codeOf(outbox.list(query({}, { limit: 0 }), signal()))).toBe('usage')
    expect(await codeOf(outbox.list(query({}, { limit: 1_001 }), signal()))).toBe('usage')
  })

  test('a cancelled call says so', async () => {
    const { outbox } = await make(OPTIONS)
    expect(await codeOf(outbox.list(query({}), AbortSignal.abort()))).toBe('cancelled')
    expect(await codeOf(outbox.claim([{ id: '1', version: '1' }], 'token', AbortSignal.abort()))).toBe(
      'cancelled',
    )
  })
}

export function filterTests(make: Make): void {
  test('each field of the filter narrows, and they add up', async () => {
    const { outbox, add } = await make(OPTIONS)
    const [a, b, c] = await add([
      {
        state: 'failed',
        type: 'OrderPlaced',
        error: 'Connection REFUSED by peer',
        exchange: 'shop',
        chainKey: 'order-1',
        messageId: 'm-1',
        createdSecAgo: LONG_AGO_SEC,
      },
      { state: 'failed', type: 'OrderPaid', error: '100% full_disk', exchange: 'shop', messageId: 'm-2' },
      { state: 'pending', type: 'OrderPlaced', exchange: 'billing', chainKey: 'order-1', messageId: 'm-3' },
    ])
    expect(await idsOf(outbox, { type: 'OrderPlaced' })).toEqual([a, c])
    expect(await idsOf(outbox, { error: 'refused' })).toEqual([a])
    expect(await idsOf(outbox, { exchange: 'shop' })).toEqual([a, b])
    expect(await idsOf(outbox, { chainKey: 'order-1' })).toEqual([a, c])
    expect(await idsOf(outbox, { messageId: 'm-2' })).toEqual([b])
    expect(await idsOf(outbox, { ageSecMin: 600 })).toEqual([a])
    expect(await idsOf(outbox, { ageSecMax: 600 })).toEqual([b, c])
    expect(await idsOf(outbox, { ageSecMin: 600, ageSecMax: 601 })).toEqual([])
    expect(await idsOf(outbox, { trouble: 'failed', type: 'OrderPlaced' })).toEqual([a])
    expect(await idsOf(outbox, { states: ['pending'], trouble: 'failed' })).toEqual([])
    expect(await idsOf(outbox, { type: "'; drop table outbox_message; --" })).toEqual([])
  })

  test('an error is looked for as typed: % and _ and ! and \\ are no wildcards', async () => {
    const { outbox, add } = await make(OPTIONS)
    const [percent, underscore, bang, backslash] = await add([
      { state: 'failed', error: '100% full' },
      { state: 'failed', error: 'a_b' },
      { state: 'failed', error: 'oh! no' },
      { state: 'failed', error: 'C:\\temp' },
      { state: 'failed', error: 'axb 100 full' },
    ])
    expect(await idsOf(outbox, { error: '0%' })).toEqual([percent])
    expect(await idsOf(outbox, { error: 'A_B' })).toEqual([underscore])
    expect(await idsOf(outbox, { error: 'oh!' })).toEqual([bang])
    expect(await idsOf(outbox, { error: 'C:\\t' })).toEqual([backslash])
  })
}

export function countingTests(make: Make): void {
  test('counts what the list shows, with the age of the oldest', async () => {
    const { outbox, add } = await make(OPTIONS)
    const [oldest] = await add([
      { state: 'failed', createdSecAgo: LONG_AGO_SEC },
      { state: 'failed' },
      { state: 'pending' },
    ])
    const count = await outbox.count({ trouble: 'failed' }, BUDGET_MS, signal())
    expect(count).toEqual({
      count: 2,
      bounded: false,
      oldestCreatedAt: (await message(outbox, oldest!)).createdAt,
      scope: { complete: true },
    })
    const none = await outbox.count({ trouble: 'stuck' }, BUDGET_MS, signal())
    expect(none).toEqual({ count: 0, bounded: false, oldestCreatedAt: null, scope: { complete: true } })
  })

  test('groups, largest first', async () => {
    const { outbox, add } = await make(OPTIONS)
    const row = { state: 'failed', exchange: 'shop' } as const
    await add([
      { ...row, type: 'A', error: 'down', routingKey: 'x' },
      { ...row, type: 'B', error: 'down', routingKey: 'x', createdSecAgo: LONG_AGO_SEC },
      { ...row, type: 'B', error: 'full', routingKey: 'y' },
      { state: 'sent', type: 'C' },
    ])
    const groups = async (by: 'type' | 'error' | 'destination') => {
      const answer = await outbox.groups({ trouble: 'failed' }, by, BUDGET_MS, signal())
      expect(answer.scope).toEqual({ complete: true })
      expect(answer.bounded).toBe(false)
      return answer.groups.map(({ key, count }) => [key, count])
    }
    expect(await groups('type')).toEqual([
      ['B', 2],
      ['A', 1],
    ])
    expect(await groups('error')).toEqual([
      ['down', 2],
      ['full', 1],
    ])
    expect(await groups('destination')).toEqual([
      ['shop/x', 2],
      ['shop/y', 1],
    ])
  })
}

export function readingTests(make: Make): void {
  test('reads content as it is, in the order asked, without the ids that do not exist', async () => {
    const { outbox, add } = await make(OPTIONS)
    const payload = '{"n": 12345678901234567890, "text": "a \\" quote, 漢字"}'
    const [a, b] = await add([
      {
        state: 'failed',
        payload,
        headers: '{"x-trace": "1"}',
        exchange: 'e',
        routingKey: 'k',
        chainKey: 'c',
      },
      { state: 'sent', payload: '[]' },
    ])
    const rows = await outbox.read([b!, '999999999', a!], signal())
    expect(rows.map((row) => row.id)).toEqual([b, a])
    expect(rows[1]!.content).toEqual({ payload, headers: '{"x-trace": "1"}' })
    expect(rows[1]!.destination).toEqual({ exchange: 'e', routingKey: 'k' })
    expect(rows[1]!.chain).toEqual({ key: 'c', previousId: null })
    expect(rows[0]!.content).toEqual({ payload: '[]', headers: null })
    expect(rows[0]!.createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,6}Z$/)
    expect(await outbox.read([], signal())).toEqual([])
  })

  test('says which chains have gone on', async () => {
    const { outbox, add } = await make(OPTIONS)
    const ids = await add([
      { state: 'failed', chainKey: 'one' },
      { state: 'sent', chainKey: 'one' },
      { state: 'sent', chainKey: 'one' },
      { state: 'pending', chainKey: 'one' },
      { state: 'sent', chainKey: 'two' },
      { state: 'failed', chainKey: 'two' },
      { state: 'failed' },
      { state: 'sent' },
    ])
    expect([...(await outbox.laterSent(ids, signal()))]).toEqual([['one', ids[2]]])
    expect([...(await outbox.laterSent([ids[3]!], signal()))]).toEqual([])
  })
}
