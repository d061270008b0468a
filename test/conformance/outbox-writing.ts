import { expect, test } from 'vitest'
import { EVERY_STATE, message, OPTIONS, signal, versions } from './outbox-fixture.ts'
import type { Make, OutboxFixture, SeedRow } from './outbox-fixture.ts'

export function claimTests(make: Make): void {
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
      const { version, attempts, content } = now
      expect(result).toEqual({ id: now.id, claimed: true, version, attempts, content })
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
    expect(again).toMatchObject({ version: row.version, attempts: 1, content: row.content })
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

export function markTests(make: Make): void {
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

  test('a mark that comes late does not end the next claim of the same job', async () => {
    const fixture = await make(OPTIONS)
    const { outbox } = fixture
    const [id] = await claimed(fixture, [{ state: 'failed', attempts: 3 }], 'job-1')
    const first = { id: id!, as: 'release', reason: 'stopped', stateBefore: 'failed', attempts: 4 } as const
    expect(await outbox.mark([first], 'job-1', signal())).toMatchObject([{ marked: true }])
    await outbox.claim(await versions(outbox, [id!]), 'job-1', signal())
    for (const as of ['release', 'confirm', 'fail'] as const) {
      expect(await outbox.mark([{ ...first, as }], 'job-1', signal())).toEqual([{ id, marked: false }])
    }
    expect(await message(outbox, id!)).toMatchObject({ state: 'in-flight', attempts: 5 })
    const second = { ...first, as: 'confirm', attempts: 5 } as const
    expect(await outbox.mark([second], 'job-1', signal())).toMatchObject([{ marked: true }])
  })

  test('a row that was given back is told by the words of it, and not by those of another job', async () => {
    const fixture = await make(OPTIONS)
    const { outbox } = fixture
    const [id] = await claimed(fixture, [{ state: 'failed', attempts: 3 }], 'job-1')
    const release = { id: id!, as: 'release', reason: 'job-1: given back', stateBefore: 'failed' } as const
    const [given] = await outbox.mark([release], 'job-1', signal())
    expect(given).toMatchObject({ marked: true })
    // A process that died before it wrote that down does it again, without knowing which attempt it was.
    const again = await outbox.mark([release], 'job-1', signal())
    expect(again).toEqual([given])
    const version = 'version' in given! ? given.version : ''
    // With the version of then the job takes it again.
    expect(await outbox.claim([{ id: id!, version }], 'job-1', signal())).toMatchObject([{ claimed: true }])
    // A claim that another job ended says nothing of this one.
    await outbox.mark([{ ...release, reason: 'job-1: given back' }], 'job-1', signal())
    const other = { ...release, reason: 'job-2: given back' }
    expect(await outbox.mark([other], 'job-2', signal())).toEqual([{ id, marked: false }])
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

export function resolveTests(make: Make): void {
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
