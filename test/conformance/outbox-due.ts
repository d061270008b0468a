import { expect, test } from 'vitest'
import { claimTokenOf } from '../../src-main/domain/claim-token.ts'
import type { DueRequest, DueRow } from '../../src-main/ports/due.ts'
import type { Outbox } from '../../src-main/ports/outbox.ts'
import { codeOf, LONG_AGO_SEC, message, OPTIONS, signal } from './outbox-fixture.ts'
import type { Abilities, Make, SeedRow } from './outbox-fixture.ts'

export const RULE: DueRequest = {
  limit: 100,
  attemptsMax: 3,
  stuckAfterSec: 60,
  chained: false,
  repeat: false,
}
export const OLD = { createdSecAgo: LONG_AGO_SEC, updatedSecAgo: LONG_AGO_SEC }
let claims = 0

/** Each claim has a token of its own. */
export function nextToken(): string {
  claims += 1
  return claimTokenOf(`job-due/${claims}`)
}

export async function due(outbox: Outbox, request: Partial<DueRequest> = {}): Promise<readonly DueRow[]> {
  return outbox.claimDue({ ...RULE, ...request }, nextToken(), signal())
}

export const idsIn = (rows: readonly { readonly id: string }[]): string[] => rows.map(({ id }) => id)

/** What is due and what is not, each with its reason. */
const DUE: readonly (SeedRow & { readonly due: boolean })[] = [
  { state: 'pending', ...OLD, due: true },
  { state: 'pending', createdSecAgo: LONG_AGO_SEC, due: true },
  // Its relay has not had its chance yet.
  { state: 'pending', due: false },
  { state: 'pending', createdSecAgo: LONG_AGO_SEC, updatedSecAgo: 5, due: false },
  // The next attempt counts, not the last change.
  { state: 'pending', dueInSec: -1, updatedSecAgo: 2, due: true },
  { state: 'scheduled', dueInSec: 600, ...OLD, due: false },
  { state: 'retrying', attempts: 2, ...OLD, due: true },
  { state: 'retrying', attempts: 1, dueInSec: -5, updatedSecAgo: 10, due: true },
  { state: 'retrying', attempts: 3, ...OLD, due: false },
  { state: 'in-flight', attempts: 1, ...OLD, due: true },
  { state: 'in-flight', attempts: 1, createdSecAgo: LONG_AGO_SEC, updatedSecAgo: 5, due: false },
  { state: 'in-flight', attempts: 3, ...OLD, due: false },
  { state: 'failed', attempts: 1, ...OLD, due: false },
  { state: 'discarded', attempts: 1, ...OLD, due: false },
  { state: 'sent', attempts: 1, ...OLD, due: false },
  // Claims of Redrive: of a job, of a sweep that died, and of one whose row a service has set back meanwhile.
  { state: 'in-flight', attempts: 1, ...OLD, error: claimTokenOf('job-7'), due: false },
  { state: 'in-flight', attempts: 1, ...OLD, error: `${claimTokenOf('job-7/2')} (was pending)`, due: false },
  { state: 'retrying', attempts: 1, ...OLD, error: claimTokenOf('job-7'), due: false },
  // Its own words about a row that it gave back are no claim.
  {
    state: 'retrying',
    attempts: 1,
    ...OLD,
    error: 'Redrive job-7: ended before it was published',
    due: true,
  },
]

export function dueTests(make: Make, { rowLocks }: Abilities): void {
  test('takes exactly the due rows, counts the attempt and says what each was', async () => {
    const { outbox, add } = await make(OPTIONS)
    const ids = await add(
      DUE.map((row, index) => ({
        ...row,
        payload: `{"row": ${index}}`,
        headers: '{"h": 1}',
        type: 'OrderPaid',
        exchange: 'shop',
        routingKey: `k.${index}`,
        chainKey: `c-${index}`,
      })),
    )
    const before = await outbox.read(ids, signal())
    const rows = await due(outbox)
    const wanted = ids.filter((_, index) => DUE[index]!.due)
    expect(idsIn(rows)).toEqual(wanted)
    const now = await outbox.read(ids, signal())
    for (const [index, id] of ids.entries()) {
      const row = rows.find((one) => one.id === id)
      if (row === undefined) {
        expect(now[index], `row ${index}`).toEqual(before[index])
        continue
      }
      expect(now[index], `row ${index}`).toMatchObject({
        state: 'in-flight',
        attempts: before[index]!.attempts! + 1,
        version: row.version,
      })
      expect(row).toEqual({
        id,
        messageId: before[index]!.messageId,
        attempts: before[index]!.attempts! + 1,
        stateBefore: before[index]!.state,
        version: now[index]!.version,
        type: 'OrderPaid',
        destination: { exchange: 'shop', routingKey: `k.${index}` },
        chainKey: `c-${index}`,
        createdAt: before[index]!.createdAt,
        payload: `{"row": ${index}}`,
        headers: '{"h": 1}',
      })
    }
    expect(await due(outbox)).toEqual([])
  })

  test('takes the smallest ids first, whatever kind they are of, and no more than the limit', async () => {
    const { outbox, add } = await make(OPTIONS)
    const seeds: SeedRow[] = Array.from({ length: 9 }, (_, index) =>
      index % 3 === 1 ? { state: 'in-flight', attempts: 1, ...OLD } : { state: 'pending', ...OLD },
    )
    const ids = await add(seeds)
    expect(idsIn(await due(outbox, { limit: 4 }))).toEqual(ids.slice(0, 4))
    expect(idsIn(await due(outbox, { limit: 4 }))).toEqual(ids.slice(4, 8))
    expect(idsIn(await due(outbox, { limit: 4 }))).toEqual(ids.slice(8))
    expect(await due(outbox, { limit: 4 })).toEqual([])
    expect(await due(outbox, { limit: 0 })).toEqual([])
  })

  test('two claimers at once get rows of their own, and each row goes to one', async () => {
    const { outbox, add, another } = await make(OPTIONS)
    const ids = await add(Array.from({ length: 200 }, () => ({ state: 'pending' as const, ...OLD })))
    const both = [outbox, await another()]
    const sweep = async (of: Outbox): Promise<string[]> => {
      const mine: string[] = []
      for (let empty = 0; empty < 3;) {
        const rows = await due(of, { limit: 7 })
        if (rows.length === 0) empty += 1
        mine.push(...idsIn(rows))
      }
      return mine
    }
    const taken = (await Promise.all(both.map(sweep))).flat()
    expect(taken.toSorted((a, b) => Number(a) - Number(b))).toEqual(ids)
    expect((await outbox.read(ids, signal())).every((row) => row.attempts === 1)).toBe(true)
  })

  if (rowLocks)
    test('passes over rows that the service holds, without waiting, and takes them when they are free', async () => {
      const { outbox, add, lockElsewhere } = await make(OPTIONS)
      const ids = await add(Array.from({ length: 5 }, () => ({ state: 'pending' as const, ...OLD })))
      const lock = await lockElsewhere([ids[0]!, ids[2]!])
      const startedAt = performance.now()
      expect(idsIn(await due(outbox, { limit: 2 }))).toEqual([ids[1], ids[3]])
      expect(performance.now() - startedAt).toBeLessThan(1_500)
      await lock.release()
      expect(idsIn(await due(outbox))).toEqual([ids[0], ids[2], ids[4]])
    })

  test('a repeat with the same token gives the same rows and counts nothing again', async () => {
    const { outbox, add, another } = await make(OPTIONS)
    const ids = await add([
      { state: 'pending', ...OLD },
      { state: 'retrying', attempts: 1, ...OLD },
      { state: 'in-flight', attempts: 1, ...OLD },
      { state: 'pending', ...OLD },
    ])
    const token = nextToken()
    const first = await outbox.claimDue({ ...RULE, limit: 3 }, token, signal())
    expect(idsIn(first)).toEqual(ids.slice(0, 3))
    expect(await outbox.claimDue({ ...RULE, limit: 3, repeat: true }, token, signal())).toEqual(first)
    // Another process, after a crash: it only wants to know what the token holds.
    const other = await another()
    expect(await other.claimDue({ ...RULE, limit: 0, repeat: true }, token, signal())).toEqual(first)
    expect(await other.claimDue({ ...RULE, limit: 0, repeat: true }, nextToken(), signal())).toEqual([])
    expect((await message(outbox, ids[3]!)).attempts).toBe(0)
    // Nothing had reached the server: the repeat claims.
    expect(idsIn(await outbox.claimDue({ ...RULE, repeat: true }, nextToken(), signal()))).toEqual([ids[3]])
  })

  test('a claim on due rows is ended by its token', async () => {
    const { outbox, add } = await make(OPTIONS)
    const ids = await add([
      { state: 'pending', ...OLD },
      { state: 'retrying', attempts: 1, ...OLD },
      { state: 'in-flight', attempts: 1, ...OLD },
      { state: 'pending', ...OLD },
    ])
    const token = nextToken()
    const rows = await outbox.claimDue(RULE, token, signal())
    const marks = rows.map(({ id, stateBefore }, index) => ({
      id,
      as: index === 0 ? ('confirm' as const) : index === 3 ? ('fail' as const) : ('release' as const),
      reason: index === 0 ? null : 'why',
      stateBefore,
    }))
    expect((await outbox.mark(marks, nextToken(), signal())).some((one) => one.marked)).toBe(false)
    expect((await outbox.mark(marks, token, signal())).every((one) => one.marked)).toBe(true)
    const now = await outbox.read(ids, signal())
    expect(now.map((row) => [row.state, row.lastError])).toEqual([
      ['sent', null],
      ['retrying', 'why'],
      ['in-flight', 'why'],
      ['failed', 'why'],
    ])
  })
}

export function retryTests(make: Make): void {
  test('a retry waits for its next attempt, by the server\u2019s clock, and is due then', async () => {
    const { outbox, add } = await make(OPTIONS)
    const ids = await add([
      { state: 'pending', ...OLD },
      { state: 'pending', ...OLD },
    ])
    const token = nextToken()
    await outbox.claimDue(RULE, token, signal())
    const requests = ids.map((id, index) => ({
      id,
      as: 'retry' as const,
      reason: `returned ${index}`,
      delaySec: index === 0 ? 600 : 0,
      stateBefore: 'pending' as const,
    }))
    const marks = await outbox.mark(requests, token, signal())
    expect(marks.every((one) => one.marked)).toBe(true)
    const rows = await outbox.read(ids, signal())
    expect(rows.map((row) => [row.state, row.attempts, row.lastError])).toEqual([
      ['scheduled', 1, 'returned 0'],
      ['retrying', 1, 'returned 1'],
    ])
    const [waits] = rows
    const wait = Date.parse(waits!.nextAttemptAt ?? '') - Date.parse(waits!.updatedAt ?? '')
    expect(wait).toBe(600_000)
    // Again: it counts, and the time does not move.
    expect(await outbox.mark(requests, token, signal())).toEqual(marks)
    expect(await outbox.read(ids, signal())).toEqual(rows)
    expect(idsIn(await due(outbox))).toEqual([ids[1]])
  })

  test('a retry without the claim changes nothing', async () => {
    const { outbox, add, sendElsewhere } = await make(OPTIONS)
    const ids = await add([
      { state: 'pending', ...OLD },
      { state: 'pending', ...OLD },
    ])
    const token = nextToken()
    await outbox.claimDue(RULE, token, signal())
    await sendElsewhere(ids[0]!)
    const retry = (id: string) => ({
      id,
      as: 'retry' as const,
      reason: 'r',
      delaySec: 1,
      stateBefore: 'pending' as const,
    })
    expect((await outbox.mark(ids.map(retry), nextToken(), signal())).map((one) => one.marked)).toEqual([
      false,
      false,
    ])
    expect((await outbox.mark(ids.map(retry), token, signal())).map((one) => one.marked)).toEqual([
      false,
      true,
    ])
    expect((await message(outbox, ids[0]!)).state).toBe('sent')
  })

  test('a retry has to say when', async () => {
    const { outbox, add } = await make(OPTIONS)
    const [id] = await add([{ state: 'pending', ...OLD }])
    for (const more of [{}, { delaySec: -1 }, { delaySec: Number.NaN }]) {
      const request = { id: id!, as: 'retry', reason: 'r', stateBefore: 'pending', ...more } as const
      expect(await codeOf(outbox.mark([request], nextToken(), signal()))).toBe('internal')
    }
  })
}
