import { describe, expect, test } from 'vitest'
import { RedriveError } from '../../src-main/domain/errors.ts'
import type { MessageState } from '../../src-main/domain/message.ts'
import type { ListQuery, MessageFilter, Outbox } from '../../src-main/ports/outbox.ts'

/** A row to begin with, in the words of the domain. Times count from now. */
export interface SeedRow {
  readonly state: Exclude<MessageState, 'unknown'>
  readonly attempts?: number
  readonly messageId?: string
  readonly type?: string
  readonly error?: string
  readonly exchange?: string
  readonly routingKey?: string
  readonly chainKey?: string
  readonly createdSecAgo?: number
  /** Absent: never updated. */
  readonly updatedSecAgo?: number
  /** Next attempt; negative: it is overdue. */
  readonly dueInSec?: number
  /** JSON text. */
  readonly payload?: string
  readonly headers?: string
}

export interface OutboxFixture {
  readonly outbox: Outbox
  /** Adds rows in this order; their ids grow. */
  add(rows: readonly SeedRow[]): Promise<string[]>
  /** Changes a row as another process would, state and all else kept: its version is another one afterwards. */
  touch(id: string): Promise<void>
  /** Another process marks the row as sent and changes nothing else. */
  sendElsewhere(id: string): Promise<void>
}

export interface FixtureOptions {
  readonly stuckAfterSec: number
  readonly attemptsMax: number
}

const OPTIONS: FixtureOptions = { stuckAfterSec: 60, attemptsMax: 3 }
const BUDGET_MS = 10_000
const LONG_AGO_SEC = 3_600

type Make = (options: FixtureOptions) => Promise<OutboxFixture>

/** What every outbox must do, real or fake. `make` is called inside each test. */
export function outboxConformance(name: string, make: Make): void {
  describe(`outbox conformance: ${name}`, () => {
    lookingTests(make)
    filterTests(make)
    countingTests(make)
    readingTests(make)
    claimTests(make)
    markTests(make)
    resolveTests(make)
  })
}

function signal(): AbortSignal {
  return AbortSignal.timeout(20_000)
}

function query(filter: MessageFilter, more: Partial<ListQuery> = {}): ListQuery {
  return { filter, order: 'oldest', cursor: null, limit: 100, budgetMs: BUDGET_MS, ...more }
}

async function idsOf(outbox: Outbox, filter: MessageFilter): Promise<string[]> {
  const page = await outbox.list(query(filter), signal())
  expect(page.scope).toEqual({ complete: true })
  expect(page.nextCursor).toBeNull()
  return page.messages.map((message) => message.id)
}

async function message(outbox: Outbox, id: string) {
  const [found] = await outbox.read([id], signal())
  return found!
}

async function versions(outbox: Outbox, ids: readonly string[]) {
  const rows = await outbox.read(ids, signal())
  return rows.map(({ id, version }) => ({ id, version }))
}

async function codeOf(running: Promise<unknown>): Promise<string> {
  const error = await running.then(
    () => expect.fail('it should have been refused'),
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(RedriveError)
  return (error as RedriveError).code
}

const EVERY_STATE: readonly SeedRow[] = [
  { state: 'pending' },
  { state: 'scheduled', dueInSec: 600 },
  { state: 'in-flight', attempts: 1 },
  { state: 'retrying', attempts: 1 },
  { state: 'sent', attempts: 1 },
  { state: 'failed', attempts: 3 },
  { state: 'discarded', attempts: 3 },
]

function lookingTests(make: Make): void {
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

function filterTests(make: Make): void {
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

function countingTests(make: Make): void {
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

function readingTests(make: Make): void {
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
    expect([...(await outbox.laterSent(ids, signal()))].sort()).toEqual([
      [ids[0], ids[2]],
      [ids[1], ids[2]],
    ])
  })
}

function claimTests(make: Make): void {
  test('claims what may be sent, counts the attempt and hands out the content', async () => {
    const { outbox, add } = await make(OPTIONS)
    const ids = await add(EVERY_STATE.map((row) => ({ ...row, payload: `{"of": "${row.state}"}` })))
    const results = await outbox.claim(await versions(outbox, ids), 'job-1', signal())
    expect(results.map((one) => [one.id, one.claimed])).toEqual(
      EVERY_STATE.map((row, index) => [ids[index], row.state !== 'sent' && row.state !== 'discarded']),
    )
    for (const [index, result] of results.entries()) {
      const now = await message(outbox, ids[index]!)
      const before = EVERY_STATE[index]!
      if (!result.claimed) {
        expect(now.state).toBe(before.state)
        continue
      }
      expect(now).toEqual(result.message)
      expect(result.version).toBe(now.version)
      expect(now.state).toBe('in-flight')
      expect(now.attempts).toBe((before.attempts ?? 0) + 1)
      expect(now.content.payload).toBe(`{"of": "${before.state}"}`)
    }
  })

  test('leaves a row alone that is not as it was seen', async () => {
    const { outbox, add, touch } = await make(OPTIONS)
    const ids = await add([
      { state: 'failed', attempts: 3 },
      { state: 'failed', attempts: 3 },
    ])
    const seen = await versions(outbox, ids)
    await touch(ids[0]!)
    const before = await message(outbox, ids[0]!)
    const results = await outbox.claim([...seen, { id: '999999999', version: '1' }], 'job-1', signal())
    expect(results.map((one) => one.claimed)).toEqual([false, true, false])
    expect(await message(outbox, ids[0]!)).toEqual(before)
  })

  test('the same claim again changes nothing; another one gets nothing', async () => {
    const { outbox, add } = await make(OPTIONS)
    const ids = await add([{ state: 'pending' }])
    const seen = await versions(outbox, ids)
    await outbox.claim(seen, 'job-1', signal())
    const [again] = await outbox.claim(seen, 'job-1', signal())
    expect(again!.claimed).toBe(true)
    const row = await message(outbox, ids[0]!)
    expect(row.attempts).toBe(1)
    expect(again).toMatchObject({ version: row.version, message: row })
    expect(await outbox.claim(seen, 'job-2', signal())).toEqual([{ id: ids[0], claimed: false }])
    expect((await message(outbox, ids[0]!)).attempts).toBe(1)
  })
}

async function claimed(fixture: OutboxFixture, rows: readonly SeedRow[], token: string): Promise<string[]> {
  const ids = await fixture.add(rows)
  const results = await fixture.outbox.claim(await versions(fixture.outbox, ids), token, signal())
  expect(results.every((one) => one.claimed)).toBe(true)
  return ids
}

function markTests(make: Make): void {
  test('confirm, fail and release end the claim', async () => {
    const fixture = await make(OPTIONS)
    const { outbox } = fixture
    const ids = await claimed(
      fixture,
      [
        { state: 'failed', attempts: 3, error: 'old' },
        { state: 'pending' },
        { state: 'failed', attempts: 3 },
        { state: 'retrying', attempts: 1 },
        { state: 'in-flight', attempts: 1 },
      ],
      'job-1',
    )
    const marks = await outbox.mark(
      [
        { id: ids[0]!, as: 'confirm', reason: null, stateBefore: 'failed' },
        { id: ids[1]!, as: 'fail', reason: 'unroutable', stateBefore: 'pending' },
        { id: ids[2]!, as: 'release', reason: 'stopped', stateBefore: 'failed' },
        { id: ids[3]!, as: 'release', reason: 'stopped', stateBefore: 'retrying' },
        { id: ids[4]!, as: 'release', reason: 'stopped', stateBefore: 'in-flight' },
      ],
      'job-1',
      signal(),
    )
    const rows = await outbox.read(ids, signal())
    expect(marks).toEqual(rows.map(({ id, version }) => ({ id, marked: true, version })))
    expect(rows.map((row) => [row.state, row.lastError])).toEqual([
      ['sent', null],
      ['failed', 'unroutable'],
      ['failed', 'stopped'],
      ['retrying', 'stopped'],
      ['in-flight', 'stopped'],
    ])
  })

  test('a mark without the claim changes nothing', async () => {
    const fixture = await make(OPTIONS)
    const { outbox, sendElsewhere } = fixture
    const ids = await claimed(fixture, [{ state: 'failed' }, { state: 'failed' }], 'job-1')
    const requests = (as: 'confirm' | 'fail' | 'release') =>
      ids.map((id) => ({ id, as, reason: 'r', stateBefore: 'failed' as const }))
    const before = await outbox.read(ids, signal())
    for (const as of ['confirm', 'fail', 'release'] as const) {
      const marks = await outbox.mark(requests(as), 'job-2', signal())
      expect(
        marks.map((one) => one.marked),
        as,
      ).toEqual([false, false])
    }
    expect(await outbox.read(ids, signal())).toEqual(before)
    // A relay that finished it meanwhile is right: nothing may call it failed again.
    await sendElsewhere(ids[0]!)
    expect((await outbox.mark(requests('fail'), 'job-1', signal())).map((one) => one.marked)).toEqual([
      false,
      true,
    ])
    expect((await message(outbox, ids[0]!)).state).toBe('sent')
  })

  test('the same mark again counts as marked and changes nothing', async () => {
    const fixture = await make(OPTIONS)
    const { outbox } = fixture
    const ids = await claimed(
      fixture,
      [{ state: 'failed' }, { state: 'failed' }, { state: 'pending' }],
      'job-1',
    )
    const requests = [
      { id: ids[0]!, as: 'confirm', reason: null, stateBefore: 'failed' },
      { id: ids[1]!, as: 'fail', reason: 'unroutable', stateBefore: 'failed' },
      { id: ids[2]!, as: 'release', reason: 'stopped', stateBefore: 'pending' },
    ] as const
    const first = await outbox.mark(requests, 'job-1', signal())
    const rows = await outbox.read(ids, signal())
    expect(await outbox.mark(requests, 'job-1', signal())).toEqual(first)
    expect(await outbox.read(ids, signal())).toEqual(rows)
  })
}

function resolveTests(make: Make): void {
  test('resolves what may be resolved, and an undo brings it back as it was', async () => {
    const { outbox, add } = await make(OPTIONS)
    const ids = await add(
      EVERY_STATE.map((row) => ({
        ...row,
        error: `e "of" ${row.state}`,
        updatedSecAgo: 100,
        createdSecAgo: 200,
      })),
    )
    const before = await outbox.read(ids, signal())
    const requests = before.map(({ id, version }) => ({ id, version, token: `decision-${id}` }))
    const results = await outbox.resolve(requests, signal())
    expect(results.map((one) => one.applied)).toEqual([true, true, true, true, false, true, false])
    const after = await outbox.read(ids, signal())
    expect(after.filter((row) => row.state === 'discarded').map((row) => row.trouble)).toEqual(
      Array.from({ length: 6 }, () => null),
    )
    const undos = results.flatMap((one) =>
      one.applied ? [{ id: one.id, version: one.version, before: one.before }] : [],
    )
    const undone = await outbox.undo(undos, signal())
    expect(undone.every((one) => one.marked)).toBe(true)
    const restored = await outbox.read(ids, signal())
    expect(restored.map((row) => ({ ...row, version: '' }))).toEqual(
      before.map((row) => ({ ...row, version: '' })),
    )
    // Again: nothing changes, and it counts as done.
    expect(await outbox.undo(undos, signal())).toEqual(undone)
  })

  test('neither resolve nor undo touches a row that somebody else changed', async () => {
    const { outbox, add, touch } = await make(OPTIONS)
    const ids = await add([{ state: 'failed' }, { state: 'failed' }])
    const seen = await versions(outbox, ids)
    await touch(ids[0]!)
    const results = await outbox.resolve(
      seen.map((one) => ({ ...one, token: `decision-${one.id}` })),
      signal(),
    )
    expect(results.map((one) => one.applied)).toEqual([false, true])
    const applied = results[1]!
    if (!applied.applied) return expect.fail('not applied')
    await touch(ids[1]!)
    const undone = await outbox.undo(
      [{ id: ids[1]!, version: applied.version, before: applied.before }],
      signal(),
    )
    expect(undone).toEqual([{ id: ids[1], marked: false }])
    expect((await message(outbox, ids[1]!)).state).toBe('discarded')
  })

  test('the same decision again counts as applied, with the version the row has', async () => {
    const { outbox, add } = await make(OPTIONS)
    const ids = await add([{ state: 'failed' }])
    const requests = (await versions(outbox, ids)).map((one) => ({ ...one, token: 'decision-1' }))
    const [first] = await outbox.resolve(requests, signal())
    const [again] = await outbox.resolve(requests, signal())
    expect(again).toMatchObject({ applied: true, version: first!.applied ? first!.version : 'none' })
    const other = await outbox.resolve(
      requests.map((one) => ({ ...one, token: 'decision-2' })),
      signal(),
    )
    expect(other).toEqual([{ id: ids[0], applied: false }])
  })
}
