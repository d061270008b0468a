import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openCallbackStore } from '../../src-main/adapters/store-sqlite/callback-store.ts'
import { openStore } from '../../src-main/adapters/store-sqlite/open-store.ts'
import { systemClock } from '../../src-main/adapters/system/clock.ts'
import { readRecord } from '../../src-main/domain/callback/record.ts'
import { judgeStatus } from '../../src-main/domain/callback/upstream.ts'
import type { Taken } from '../../src-main/ports/callback-store.ts'

const record = (body: string, messageId: string | null = null, headers: Record<string, string> = {}) => ({
  messageId,
  headers,
  body: new TextEncoder().encode(body),
})
const folder = (): string => mkdtempSync(join(tmpdir(), 'redrive-callback-'))
const at = '2026-01-02T03:04:05.000Z'

describe('which message a record is about', () => {
  test.each([
    [record('anything', 'm-1'), undefined, 'm-1'],
    [record('{"messageId":"m-2"}'), undefined, 'm-2'],
    [record('{"order":{"id":42}}', 'other'), { pointer: '/order/id' }, '42'],
    [record('{"a/b":"m-3"}'), { pointer: '/a~1b' }, 'm-3'],
    [record('{"messageId":9007199254740993}'), undefined, '9007199254740993'],
    [record('x', 'other', { 'x-id': 'm-4' }), { header: 'x-id' }, 'm-4'],
  ])('%#', (given, place, messageId) => {
    expect(readRecord(given, place)).toMatchObject({ ok: true, messageId })
  })

  test.each([
    [record('not json'), undefined, 'not-json'],
    [record('{}'), undefined, 'no-id'],
    [record('{"messageId":{}}'), undefined, 'no-id'],
    [record('{"messageId":9007199254740993.5}'), undefined, 'no-id'],
    [record('x', 'other'), { header: 'x-id' }, 'no-id'],
    [record('x', 'm'.repeat(401)), undefined, 'id-too-long'],
    [record(' '.repeat(1024 * 1024 + 1)), undefined, 'body-too-large'],
  ])('%# is parked', (given, place, reason) => {
    expect(readRecord(given, place)).toEqual({ ok: false, reason })
  })

  test('the time that the receiver says is taken over, where it is one', () => {
    expect(readRecord(record('{"confirmedAt":"2026-01-02T04:04:05+01:00"}', 'm'), undefined)).toMatchObject({
      confirmedAt: at,
    })
    expect(readRecord(record('{"confirmedAt":"soon"}', 'm'), undefined)).toMatchObject({ confirmedAt: null })
  })
})

test('only 2xx is accepted, and what proves nothing is unknown', () => {
  const judged = [200, 202, 302, 400, 404, 408, 409, 425, 429, 500, 503].map(judgeStatus)
  expect(judged).toEqual([
    ...['accepted', 'accepted', 'unknown', 'refused', 'refused', 'unknown', 'unknown', 'unknown', 'refused'],
    ...['unknown', 'unknown'],
  ])
})

test('the same twice changes nothing, and positions come with what was read', async () => {
  const store = openCallbackStore({ path: join(folder(), 'callback.db'), clock: systemClock() })
  const taken: Taken = {
    kind: 'confirmations',
    place: 'topic',
    confirmations: [{ messageId: 'm-1', at }],
    checks: [{ messageId: 'm-2', publishedAt: at, dueAt: at }],
    parked: [],
    position: { partition: 2, next: 9_007_199_254_740_993n },
  }
  await store.intake.take('shop', taken)
  await store.intake.moveChecks('shop', [
    { messageId: 'm-2', to: 'waiting', dueAt: '2099-01-01T00:00:00.000Z' },
  ])
  await store.intake.take('shop', {
    ...taken,
    confirmations: [{ messageId: 'm-1', at: '2027-01-01T00:00:00.000Z' }],
  })
  expect((await store.reading.confirmed('shop', ['m-1', 'm-2'])).get('m-1')?.at).toBe(at)
  expect(await store.intake.positions('shop', 'topic')).toEqual(new Map([[2, 9_007_199_254_740_993n]]))
  // A check that came again does not bring a resend forward.
  expect(await store.intake.due('shop', '2030-01-01T00:00:00.000Z', 10)).toEqual([])
  expect(await store.reading.confirmed('other', ['m-1'])).toEqual(new Map())
  store.close()
})

test('requests to the sender are counted before they go out, three a message, one at a time', async () => {
  const store = openStore({ path: join(folder(), 'redrive.db'), clock: systemClock() })
  const entry = {
    action: 'upstream-asking',
    operator: 'a',
    source: 'shop',
    subject: null,
    detail: {},
  } as const
  const request = { source: 'shop', messageIds: ['m'], operator: 'a', trigger: 'operator', limit: 3 } as const
  const begin = (underWayMs = 60_000) => store.upstream.begin({ ...request, underWayMs }, () => entry)
  const end = (attempt: number, outcome: 'unknown' | 'not-asked') =>
    store.upstream.end('shop', [{ messageId: 'm', attempt, outcome, status: null, reason: null }], entry)
  expect((await begin()).granted).toEqual([{ messageId: 'm', attempt: 1 }])
  expect((await begin()).left).toEqual([{ messageId: 'm', left: 'under-way' }])
  await end(1, 'not-asked')
  // What asked nobody is not counted; what was left without an outcome is.
  expect((await begin()).granted).toEqual([{ messageId: 'm', attempt: 2 }])
  expect((await begin(-1_000)).granted).toEqual([{ messageId: 'm', attempt: 3 }])
  await end(3, 'unknown')
  expect((await begin(-1_000)).granted).toEqual([{ messageId: 'm', attempt: 4 }])
  await end(4, 'unknown')
  expect((await begin(-1_000)).left).toEqual([{ messageId: 'm', left: 'limit' }])
  await store.close()
})
