import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LogProofs, SKEW_MS } from '../../src-main/app/evidence/log-proofs.ts'
import type { LogEvidence } from '../../src-main/domain/workspace.ts'
import { KeptLog } from '../support/kept-log.ts'

const never = new AbortController().signal
const NOON = Date.parse('2026-01-02T12:00:00Z')
const MINUTE_MS = 60_000

const config = (more: Partial<LogEvidence> = {}): LogEvidence => ({
  broker: 'kafka',
  log: 'orders.consumed',
  retentionSec: null,
  ...more,
})

/** What a look says of a message: times, or why nothing proves anything, or that it was not consumed. */
async function told(proofs: LogProofs, log: KeptLog, id: string, storedMs: number): Promise<unknown> {
  await proofs.catchUp(log, [storedMs], never)
  const { consumed } = proofs.sighting(id)
  return consumed > 0 ? consumed : (proofs.doubt(id, storedMs) ?? 'not consumed')
}

describe('what the records of a log prove', () => {
  test('a record is found wherever its id stands; one that does not say it leaves the others in doubt', async () => {
    const at = { id: null, atMs: NOON }
    const samples = [
      { messageId: undefined, record: { ...at, id: 'm-1' } },
      { messageId: undefined, record: { ...at, value: '{"messageId":"m-1"}' } },
      { messageId: 'key', record: { ...at, key: 'm-1' } },
      { messageId: { header: 'x-id' }, record: { ...at, headers: { 'x-id': 'm-1' } } },
      { messageId: { pointer: '/order/id' }, record: { ...at, value: '{"order":{"id":"m-1"}}' } },
    ] as const
    for (const { messageId, record } of samples) {
      const log = new KeptLog()
      const proofs = new LogProofs(config(messageId === undefined ? {} : { messageId }))
      log.add(0, record)
      expect(await told(proofs, log, 'm-1', NOON)).toBe(1)
      expect(await told(proofs, log, 'm-2', NOON)).toBe('not consumed')
      log.add(0, { ...at, value: 'no JSON' })
      expect(await told(proofs, log, 'm-1', NOON)).toBe(1)
      expect(await told(proofs, log, 'm-2', NOON)).toBe('records-without-id')
    }
  })

  test('a 64-bit id that the receiver writes as a number is not rounded to its neighbour', async () => {
    const log = new KeptLog()
    const proofs = new LogProofs(config({ messageId: { pointer: '/id' } }))
    log.add(0, { id: null, atMs: NOON, value: '{"id":1234567890123456789}' })
    expect(await told(proofs, log, '1234567890123456789', NOON)).toBe(1)
    expect(await told(proofs, log, '1234567890123456788', NOON)).toBe('not consumed')
  })

  test('a UUID in capitals is the same message', async () => {
    const log = new KeptLog()
    log.add(0, { id: '0190A6D2-7C4E-7B1A-9F00-AB12CD34EF56', atMs: NOON })
    const proofs = new LogProofs(config())
    expect(await told(proofs, log, '0190a6d2-7c4e-7b1a-9f00-ab12cd34ef56', NOON)).toBe(1)
    log.add(0, { id: 'ORDER-1', atMs: NOON })
    expect(await told(proofs, log, 'order-1', NOON)).toBe('not consumed')
  })

  test('an empty record under its key takes the proof back, unless the proof is still there', async () => {
    const log = new KeptLog()
    const proofs = new LogProofs(config({ messageId: 'key' }))
    log.add(0, { id: null, atMs: NOON, key: 'm-1' })
    log.add(0, { id: null, atMs: NOON, key: 'm-1', value: null })
    log.add(0, { id: null, atMs: NOON, key: 'm-2', value: null })
    expect(await told(proofs, log, 'm-1', NOON)).toBe(1)
    expect(await told(proofs, log, 'm-2', NOON)).toBe('withdrawn')
    expect(await told(proofs, log, 'm-3', NOON)).toBe('not consumed')
  })

  test('a second look reads what has come since, and no record twice', async () => {
    const log = new KeptLog(2)
    const proofs = new LogProofs(config())
    for (let n = 0; n < 20; n += 1) log.add(n % 2, { id: `m-${n}`, atMs: NOON + n })
    expect(await told(proofs, log, 'm-7', NOON)).toBe(1)
    expect(log.given).toBe(20)
    log.add(1, { id: 'm-7', atMs: NOON + MINUTE_MS })
    expect(await told(proofs, log, 'm-7', NOON)).toBe(2)
    // The last record of each partition is met again: it tells that the log is the same.
    expect(log.given).toBe(23)
    expect(proofs.sighting('m-7').consumedAt).toBe(new Date(NOON + 7).toISOString())
  })

  test('an older message is asked for: what came before is read too, and counted once', async () => {
    const log = new KeptLog()
    const proofs = new LogProofs(config())
    for (let n = 0; n < 10; n += 1) log.add(0, { id: `m-${n}`, atMs: NOON + n * 10 * MINUTE_MS })
    expect(await told(proofs, log, 'm-8', NOON + 80 * MINUTE_MS)).toBe(1)
    expect(log.given).toBe(3)
    expect(await told(proofs, log, 'm-2', NOON + 20 * MINUTE_MS)).toBe(1)
    expect(await told(proofs, log, 'm-8', NOON + 80 * MINUTE_MS)).toBe(1)
  })

  test('going back was broken off: what it had read by then is not counted twice', async () => {
    const log = new KeptLog()
    const proofs = new LogProofs(config())
    for (let n = 0; n < 10; n += 1) log.add(0, { id: `m-${n}`, atMs: NOON + n * 10 * MINUTE_MS })
    await proofs.catchUp(log, [NOON + 80 * MINUTE_MS], never)
    log.failsAfter = 1
    await expect(proofs.catchUp(log, [NOON], never)).rejects.toThrow('the connection broke')
    log.failsAfter = null
    expect(await told(proofs, log, 'm-0', NOON)).toBe(1)
  })

  test('a reading back that is over too early is no proof that the rest is not there', async () => {
    const log = new KeptLog()
    const proofs = new LogProofs(config())
    for (let n = 0; n < 10; n += 1) log.add(0, { id: `m-${n}`, atMs: NOON + n * 10 * MINUTE_MS })
    await proofs.catchUp(log, [NOON + 80 * MINUTE_MS], never)
    log.endsAfter = 1
    expect(await told(proofs, log, 'm-5', NOON)).toBe(1)
  })

  test('a receiver whose clock is behind is believed as far as SKEW_MS', async () => {
    const log = new KeptLog()
    log.add(0, { id: 'm-1', atMs: NOON - SKEW_MS })
    expect(await told(new LogProofs(config()), log, 'm-1', NOON)).toBe(1)
  })

  test('more records than are read have come since: not to be seen proves nothing, and what is seen still does', async () => {
    const log = new KeptLog()
    const proofs = new LogProofs(config(), { recordsMax: 10 })
    for (let n = 0; n < 30; n += 1) log.add(0, { id: `m-${n}`, atMs: NOON + n * 10 * MINUTE_MS })
    expect(await told(proofs, log, 'm-3', NOON)).toBe('not-all-read')
    expect(await told(proofs, log, 'm-29', NOON)).toBe(1)
    expect(log.given).toBeLessThan(14)
    // Of a batch, those that are young enough are told for sure.
    const young = NOON + 250 * MINUTE_MS
    await proofs.catchUp(log, [NOON, young], never)
    expect(proofs.doubt('m-3', NOON)).toBe('not-all-read')
    expect(proofs.doubt('another', young)).toBeNull()
  })

  test('the oldest records are gone: a message from before then may have had its proof among them', async () => {
    const log = new KeptLog()
    for (let n = 0; n < 10; n += 1) log.add(0, { id: `m-${n}`, atMs: NOON + n * 10 * MINUTE_MS })
    log.cut(0, 4)
    const proofs = new LogProofs(config())
    expect(await told(proofs, log, 'm-3', NOON)).toBe('older-than-retention')
    expect(await told(proofs, log, 'm-5', NOON)).toBe(1)
    expect(await told(proofs, log, 'another', NOON + 60 * MINUTE_MS)).toBe('not consumed')
    // What was read before it went is known.
    log.cut(0, 3)
    expect(await told(proofs, log, 'm-5', NOON)).toBe(1)
  })

  test('records that go while they are read are no proof of absence', async () => {
    const log = new KeptLog()
    for (let n = 0; n < 12; n += 1) log.add(0, { id: `m-${n}`, atMs: NOON + n * MINUTE_MS })
    let pages = 0
    log.onPage = () => {
      pages += 1
      if (pages === 2) log.cut(0, 6)
    }
    expect(await told(new LogProofs(config()), log, 'm-4', NOON)).toBe('older-than-retention')
  })

  test('a topic that was made anew is read anew, also where it has as many records', async () => {
    const log = new KeptLog()
    const proofs = new LogProofs(config())
    for (let n = 0; n < 5; n += 1) log.add(0, { id: `old-${n}`, atMs: NOON })
    expect(await told(proofs, log, 'new-1', NOON)).toBe('not consumed')
    log.makeAnew()
    for (let n = 0; n < 5; n += 1) log.add(0, { id: `new-${n}`, atMs: NOON })
    expect(await told(proofs, log, 'new-1', NOON)).toBe(1)
  })

  test('no such topic', async () => {
    const read = new LogProofs(config({ log: 'missing' })).catchUp(new KeptLog(), [NOON], never)
    await expect(read).rejects.toMatchObject({ code: 'topic-missing' })
  })

  test('a look that was broken off is gone on with, and no record counts twice', async () => {
    const log = new KeptLog(2)
    for (let n = 0; n < 40; n += 1) log.add(n % 2, { id: `m-${n}`, atMs: NOON + n })
    const proofs = new LogProofs(config())
    for (let tries = 0; tries < 20; tries += 1) {
      log.failsAfter = 2
      await proofs.catchUp(log, [NOON], never).catch(() => undefined)
    }
    log.failsAfter = null
    await proofs.catchUp(log, [NOON], never)
    expect(Array.from({ length: 40 }, (_, n) => proofs.sighting(`m-${n}`).consumed)).toEqual(
      Array.from({ length: 40 }, () => 1),
    )
  })
})

const MESSAGES = 12
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('prove' as const),
      message: fc.nat(MESSAGES - 1),
      partition: fc.nat(9),
      offMs: fc.integer({ min: -SKEW_MS, max: SKEW_MS }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('look' as const),
      of: fc.array(fc.nat(MESSAGES - 1), { minLength: 1 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('break' as const),
      pages: fc.nat(3),
      of: fc.array(fc.nat(MESSAGES - 1), { minLength: 1 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('cut' as const), partition: fc.nat(9), count: fc.nat(5) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('anew' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('grow' as const) }) },
)

/** One message is stored every few minutes. */
const storedAt = (message: number): number => NOON + message * 3 * MINUTE_MS

interface Played {
  readonly recordsMax: number
  /** As programs do that pass the time of a message on; otherwise by the receiver's clock, which may be off. */
  readonly isDatedAsMessage: boolean
  readonly counted: { consumed: number; not: number; doubted: number }
}

type Step = typeof step extends fc.Arbitrary<infer One> ? One : never

async function play(
  steps: readonly Step[],
  { recordsMax, isDatedAsMessage, counted }: Played,
): Promise<void> {
  const log = new KeptLog(2)
  const proofs = new LogProofs(config(), { recordsMax })
  const written = new Map<number, number>()
  let serial = 0
  let now = NOON
  const check = (message: number): void => {
    const { consumed } = proofs.sighting(`m-${message}`)
    const doubt = consumed > 0 ? null : proofs.doubt(`m-${message}`, storedAt(message))
    const times = written.get(message) ?? 0
    expect(consumed).toBeLessThanOrEqual(times)
    if (consumed > 0) counted.consumed += 1
    else if (doubt !== null) counted.doubted += 1
    else {
      counted.not += 1
      expect(times).toBe(0)
    }
  }
  const prove = ({ message, partition, offMs }: Extract<Step, { do: 'prove' }>): void => {
    now = Math.max(now, storedAt(message))
    // No two records are the same.
    serial += 1
    const atMs = (isDatedAsMessage ? storedAt(message) : now) + offMs
    log.add(partition % log.count, { id: `m-${message}`, atMs, value: String(serial) })
    written.set(message, (written.get(message) ?? 0) + 1)
  }
  for (const one of steps) {
    if (one.do === 'prove') prove(one)
    else if (one.do === 'anew') {
      log.makeAnew()
      written.clear()
    } else if (one.do === 'grow') log.grow()
    else if (one.do === 'cut') {
      // By size, which never takes the newest. What is dated by another time than its own is not told from what was cut.
      const partition = one.partition % log.count
      if (!isDatedAsMessage) log.cut(partition, Math.min(one.count, Math.max(0, log.length(partition) - 1)))
    } else {
      log.failsAfter = one.do === 'break' ? one.pages : null
      const looked = proofs.catchUp(log, one.of.map(storedAt), never)
      const isRead = await looked.then(
        () => true,
        () => false,
      )
      log.failsAfter = null
      if (isRead) one.of.forEach(check)
      else expect(one.do).toBe('break')
    }
  }
}

test('whatever happens to a log, "not consumed" is never said of a message whose proof was written', async () => {
  const counted = { consumed: 0, not: 0, doubted: 0 }
  const life = fc.tuple(
    fc.array(step, { maxLength: 40, size: 'max' }),
    fc.integer({ min: 5, max: 60 }),
    fc.boolean(),
  )
  await fc.assert(
    fc.asyncProperty(life, ([steps, recordsMax, isDatedAsMessage]) =>
      play(steps, { recordsMax, isDatedAsMessage, counted }),
    ),
    { numRuns: 2_000 },
  )
  expect(Math.min(counted.consumed, counted.not, counted.doubted)).toBeGreaterThan(100)
})
