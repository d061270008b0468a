import { describe, expect, test } from 'vitest'
import { EVIDENCE_BATCH_MAX } from '../../src-main/ports/evidence.ts'
import type { EvidenceReader, EvidenceRequest } from '../../src-main/ports/evidence.ts'
import { evidenceTold } from '../support/evidence-told.ts'
import { signal } from './outbox-fixture.ts'

export interface EvidenceFixture {
  readonly reader: EvidenceReader
  /** Stores messages with these ids in the outbox; the receiver knows nothing of them. */
  readonly store: (messageIds: readonly string[], createdSecAgo: number) => Promise<EvidenceRequest[]>
  /** The receiver has them, and has not finished. */
  readonly receive: (messageIds: readonly string[]) => Promise<void>
  readonly consume: (messageIds: readonly string[], secAgo: number) => Promise<void>
}

export type MakeEvidence = (options: { readonly retentionSec: number | null }) => Promise<EvidenceFixture>

const HOUR_SEC = 3_600
const DAY_SEC = 24 * HOUR_SEC
const HOSTILE = [`it's"; drop table inbox; --`, '订单-1', 'a\\b', '{1,2}', 'null']

/** What every reader of evidence must do. `make` is called inside each test. */
export function evidenceConformance(name: string, make: MakeEvidence): void {
  describe(`evidence conformance: ${name}`, () => {
    test('says of each message what the receiver wrote down, in the order of the requests', async () => {
      const { reader, store, receive, consume } = await make({ retentionSec: DAY_SEC })
      const requests = await store(['a', 'b', 'c'], HOUR_SEC)
      await receive(['b'])
      await consume(['c'], 60)
      const [a, b, c] = requests as [EvidenceRequest, EvidenceRequest, EvidenceRequest]
      const found = await reader.look([c, a, b, c], signal())
      expect(evidenceTold(found)).toEqual(['consumed', 'not-seen-within-retention', 'received', 'consumed'])
      const agoSec = (Date.now() - Date.parse(found[0]!.consumedAt!)) / 1_000
      expect(agoSec).toBeGreaterThan(50)
      expect(agoSec).toBeLessThan(90)
      expect(found[1]).toEqual({
        verdict: 'not-seen-within-retention',
        reason: null,
        consumedAt: null,
        times: 0,
      })
    })

    test('a message older than the retention is unknown, unless its proof is still there', async () => {
      const { reader, store, consume } = await make({ retentionSec: HOUR_SEC })
      const [gone, kept] = await store(['gone', 'kept'], 2 * HOUR_SEC)
      const [young] = await store(['young'], 60)
      await consume(['kept'], 60)
      const found = await reader.look([gone!, kept!, young!], signal())
      expect(evidenceTold(found)).toEqual(['older-than-retention', 'consumed', 'not-seen-within-retention'])
    })

    test('where nothing removes a proof, its absence proves something at any age', async () => {
      const { reader, store } = await make({ retentionSec: null })
      expect(evidenceTold(await reader.look(await store(['a'], 400 * DAY_SEC), signal()))).toEqual([
        'not-seen-within-retention',
      ])
    })

    test('an age that nobody knows is unknown', async () => {
      const { reader, store } = await make({ retentionSec: DAY_SEC })
      const [a] = await store(['a'], 60)
      expect(evidenceTold(await reader.look([{ ...a!, createdAt: null }], signal()))).toEqual(['age-unknown'])
    })

    test('ids of any kind are values, never text of a statement', async () => {
      const { reader, store, consume } = await make({ retentionSec: DAY_SEC })
      const requests = await store(HOSTILE, 60)
      await consume(HOSTILE.slice(0, 2), 30)
      expect(evidenceTold(await reader.look(requests, signal()))).toEqual([
        ...Array<string>(2).fill('consumed'),
        ...Array<string>(3).fill('not-seen-within-retention'),
      ])
    })

    test('an id that is longer than the receiver can hold is not taken for the one that it begins with', async () => {
      const { reader, store, consume } = await make({ retentionSec: DAY_SEC })
      const whole = 'x'.repeat(60)
      const requests = await store([whole, `${whole}y`], 60)
      await consume([whole], 30)
      expect(evidenceTold(await reader.look(requests, signal()))).toEqual([
        'consumed',
        'not-seen-within-retention',
      ])
    })

    test('a whole batch is one look; none is none', async () => {
      const { reader, store, consume } = await make({ retentionSec: DAY_SEC })
      const ids = Array.from({ length: EVIDENCE_BATCH_MAX }, (_, index) => `m-${index}`)
      const requests = await store(ids, 60)
      await consume(
        ids.filter((_, index) => index % 3 === 0),
        30,
      )
      const found = await reader.look(requests, signal())
      expect(found.map(({ verdict }) => verdict === 'consumed')).toEqual(ids.map((_, at) => at % 3 === 0))
      expect(await reader.look([], signal())).toEqual([])
    })

    test('where it can be walked, each consumed message comes once', async () => {
      const { reader, store, receive, consume } = await make({ retentionSec: DAY_SEC })
      if (reader.walk === null) return
      const ids = ['a', 'b', 'c', 'd', 'e']
      await store(ids, 60)
      await consume(['a', 'b', 'd', 'e'], 30)
      await receive(['c'])
      const seen: string[] = []
      let after: string | null = null
      do {
        const page: Awaited<ReturnType<typeof reader.walk>> = await reader.walk({ after, limit: 2 }, signal())
        seen.push(...page.consumptions.map(({ messageId }) => messageId))
        after = page.next
      } while (after !== null)
      expect(seen).toEqual(['a', 'b', 'd', 'e'])
    })

    test('aborted, it says so and answers nothing', async () => {
      const { reader, store } = await make({ retentionSec: DAY_SEC })
      const requests = await store(['a'], 60)
      await expect(reader.look(requests, AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' })
    })
  })
}
