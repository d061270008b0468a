import { expect, test } from 'vitest'
import { claimTokenOf } from '../../src-main/domain/claim-token.ts'
import type { DueRow } from '../../src-main/ports/due.ts'
import { due, idsIn, OLD, RULE } from './outbox-due.ts'
import { EVERY_STATE, OPTIONS, signal, versions } from './outbox-fixture.ts'
import type { Abilities, Make, SeedRow } from './outbox-fixture.ts'

export function chainTests(make: Make, { rowLocks }: Abilities): void {
  const inChain = (chainKey: string, row: SeedRow): SeedRow => ({ ...row, chainKey })
  const pending: SeedRow = { state: 'pending', ...OLD }

  test('takes a chain in sequence, from its first unfinished row on', async () => {
    const { outbox, add } = await make(OPTIONS)
    const ids = await add([
      inChain('a', { state: 'sent' }),
      inChain('a', pending),
      inChain('a', { state: 'in-flight', attempts: 1, ...OLD }),
      inChain('a', { state: 'discarded' }),
      inChain('a', pending),
      pending,
    ])
    const rows = await due(outbox, { chained: true })
    expect(idsIn(rows)).toEqual([ids[1], ids[2], ids[4], ids[5]])
  })

  const blocking: readonly (readonly [string, SeedRow])[] = [
    ['failed', { state: 'failed', attempts: 3 }],
    ['scheduled', { state: 'scheduled', dueInSec: 600 }],
    ['in flight just now', { state: 'in-flight', attempts: 1, updatedSecAgo: 1 }],
    ['stored just now', { state: 'pending' }],
    ['of an unknown outcome', { state: 'in-flight', attempts: 1, ...OLD, error: claimTokenOf('job-1') }],
    ['used up', { state: 'retrying', attempts: 3, ...OLD }],
  ]
  test.each(blocking)('a row that is %s holds up what is behind it, and nothing else', async (_, row) => {
    const { outbox, add } = await make(OPTIONS)
    const ids = await add([
      inChain('a', pending),
      inChain('a', row),
      inChain('a', pending),
      inChain('a', pending),
      inChain('b', pending),
    ])
    expect(idsIn(await due(outbox, { chained: true }))).toEqual([ids[0], ids[4]])
    expect(idsIn(await due(outbox))).toEqual([ids[2], ids[3]])
  })

  test('rows that are held up do not use up the limit', async () => {
    const { outbox, add } = await make(OPTIONS)
    const parked = Array.from({ length: 30 }, () => inChain('a', pending))
    const ids = await add([inChain('a', { state: 'failed' }), ...parked, inChain('b', pending)])
    expect(idsIn(await due(outbox, { limit: 5, chained: true }))).toEqual([ids.at(-1)])
  })

  if (rowLocks)
    test('a row of the chain that somebody else holds, or that did not fit, holds it up', async () => {
      const { outbox, add, lockElsewhere } = await make(OPTIONS)
      const ids = await add([
        inChain('a', pending),
        inChain('a', pending),
        inChain('a', pending),
        inChain('b', pending),
      ])
      const lock = await lockElsewhere([ids[1]!])
      expect(idsIn(await due(outbox, { chained: true }))).toEqual([ids[0], ids[3]])
      await lock.release()
      expect(await due(outbox, { chained: true })).toEqual([])
      expect(idsIn(await due(outbox, { limit: 1 }))).toEqual([ids[1]])
    })

  test('two claimers at once never hold one chain out of sequence', async () => {
    const { outbox, add, another } = await make(OPTIONS)
    const ids = await add(Array.from({ length: 120 }, (_, index) => inChain(`c-${index % 6}`, pending)))
    const both = [outbox, await another()]
    const rounds = await Promise.all(
      both.map(async (of) => {
        const taken: (readonly DueRow[])[] = []
        for (let round = 0; round < 8; round += 1) taken.push(await due(of, { limit: 9, chained: true }))
        return taken
      }),
    )
    // What is held at the end of each chain has to be a beginning of it: nothing is taken past what is not.
    const taken = new Set(rounds.flat(2).map(({ id }) => id))
    for (let chain = 0; chain < 6; chain += 1) {
      const inOrder = ids.filter((_, index) => index % 6 === chain).map((id) => taken.has(id))
      expect(inOrder.indexOf(false) === -1 || !inOrder.slice(inOrder.indexOf(false)).includes(true)).toBe(
        true,
      )
    }
    expect(taken.size).toBeGreaterThan(0)
  })
}

export function exhaustedTests(make: Make): void {
  const reason = 'attempts used up'

  test('finds rows that nobody will take any more, and makes them failed', async () => {
    const { outbox, add } = await make(OPTIONS)
    const ids = await add([
      { state: 'retrying', attempts: 3, ...OLD },
      { state: 'in-flight', attempts: 4, ...OLD },
      { state: 'retrying', attempts: 2, ...OLD },
      { state: 'in-flight', attempts: 3, updatedSecAgo: 1 },
      { state: 'scheduled', attempts: 3, dueInSec: 600, ...OLD },
      { state: 'in-flight', attempts: 3, ...OLD, error: claimTokenOf('job-1') },
      ...EVERY_STATE.filter((row) => ['sent', 'failed', 'discarded'].includes(row.state)),
    ])
    const found = await outbox.exhausted(RULE, signal())
    expect(found.map(({ id, state, attempts }) => [id, state, attempts])).toEqual([
      [ids[0], 'retrying', 3],
      [ids[1], 'in-flight', 4],
    ])
    expect(found.map(({ id, version }) => ({ id, version }))).toEqual(await versions(outbox, ids.slice(0, 2)))
    const before = await outbox.read(ids.slice(2), signal())
    const requests = found.map(({ id, version }) => ({ id, version, reason }))
    const marks = await outbox.expire(requests, signal())
    const now = await outbox.read(ids, signal())
    expect(marks).toEqual(now.slice(0, 2).map(({ id, version }) => ({ id, marked: true, version })))
    expect(now.slice(0, 2).map((row) => [row.state, row.trouble, row.lastError, row.attempts])).toEqual([
      ['failed', 'failed', reason, 3],
      ['failed', 'failed', reason, 4],
    ])
    expect(now.slice(2)).toEqual(before)
    expect(await outbox.expire(requests, signal())).toEqual(marks)
    expect(await outbox.exhausted(RULE, signal())).toEqual([])
  })

  test('leaves a row alone that somebody changed since', async () => {
    const { outbox, add, touch, sendElsewhere } = await make(OPTIONS)
    const ids = await add([
      { state: 'in-flight', attempts: 3, ...OLD },
      { state: 'in-flight', attempts: 3, ...OLD },
    ])
    const found = await outbox.exhausted({ ...RULE, limit: 9 }, signal())
    await touch(ids[0]!)
    await sendElsewhere(ids[1]!)
    const requests = found.map(({ id, version }) => ({ id, version, reason }))
    expect((await outbox.expire(requests, signal())).map((one) => one.marked)).toEqual([false, false])
    expect((await outbox.read(ids, signal())).map((row) => row.state)).toEqual(['in-flight', 'sent'])
    expect(await outbox.exhausted({ ...RULE, limit: 0 }, signal())).toEqual([])
    expect(idsIn(await outbox.exhausted({ ...RULE, limit: 1 }, signal()))).toEqual([ids[0]])
  })
}
