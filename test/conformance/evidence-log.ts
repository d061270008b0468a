import { describe, expect, it } from 'vitest'
import type { TestContext } from 'vitest'
import { openLogEvidence } from '../../src-main/app/evidence/log-evidence.ts'
import { systemClock } from '../../src-main/adapters/system/clock.ts'
import type { LogEvidence } from '../../src-main/domain/workspace.ts'
import type { Broker } from '../../src-main/ports/broker.ts'
import type { EvidenceReader, EvidenceRequest } from '../../src-main/ports/evidence.ts'

/** What a receiver publishes when it has consumed a message. */
export interface ProofRecord {
  readonly value: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface EvidenceLogFixture {
  readonly broker: Broker
  readonly make: () => Promise<string>
  readonly unusedName: () => string
  readonly publish: (log: string, records: readonly ProofRecord[]) => Promise<void>
  /** The same name without what was there. */
  readonly makeAnew: (log: string) => Promise<void>
  /** Everything that a reading could leave behind. */
  readonly traces: () => Promise<unknown>
}

const never = new AbortController().signal
const DAY_SEC = 86_400
/** Several pages of a log. */
const MANY = 2_500

const byId = (messageId: string): ProofRecord => ({ value: JSON.stringify({ messageId }) })

function requests(ids: readonly string[], agoSec = 60): readonly EvidenceRequest[] {
  const createdAt = new Date(Date.now() - agoSec * 1_000).toISOString()
  return ids.map((messageId) => ({ id: messageId, messageId, createdAt }))
}

async function told(reader: EvidenceReader, ids: readonly string[], agoSec = 60): Promise<unknown> {
  const found = await reader.look(requests(ids, agoSec), never)
  return found.map(({ verdict, reason, times }) => reason ?? (verdict === 'consumed' ? times : verdict))
}

export function evidenceLogConformance(
  name: string,
  open: (context: TestContext) => Promise<EvidenceLogFixture>,
): void {
  const reading = async (context: TestContext, more: Partial<LogEvidence> = {}) => {
    const fixture = await open(context)
    const log = await fixture.make()
    const config = { broker: 'broker', log, retentionSec: DAY_SEC, ...more }
    const broker = (): Promise<Broker> => Promise.resolve(fixture.broker)
    return { ...fixture, log, reader: openLogEvidence({ config, broker, clock: systemClock() }) }
  }

  describe(`evidence in ${name}`, { timeout: 60_000 }, () => {
    it('says what was consumed, once or twice, and what was not; the next look sees what came since', async (context) => {
      const { reader, publish, log } = await reading(context)
      await publish(log, [byId('m-1'), byId('m-2'), byId('m-1')])
      expect(await told(reader, ['m-1', 'm-2', 'm-3'])).toEqual([2, 1, 'not-seen-within-retention'])
      await publish(log, [byId('m-3')])
      expect(await told(reader, ['m-3', 'm-4'])).toEqual([1, 'not-seen-within-retention'])
      expect(await told(reader, ['m-4'], 2 * DAY_SEC)).toEqual(['older-than-retention'])
      await reader.close()
    })

    it('of thousands of records, each is counted once', async (context) => {
      const { reader, publish, log } = await reading(context)
      const ids = Array.from({ length: MANY }, (_, n) => `m-${n}`)
      await publish(log, ids.map(byId))
      const asked = ids.slice(0, 1_000)
      expect(await told(reader, asked)).toEqual(asked.map(() => 1))
      const last = ids.slice(-1_000)
      expect(await told(reader, last)).toEqual(last.map(() => 1))
    })

    it('finds the id in a header and in the body, as a whole number of 64 bits too', async (context) => {
      const id = '1234567890123456789'
      const inHeader = await reading(context, { messageId: { header: 'x-id' } })
      await inHeader.publish(inHeader.log, [{ value: 'done', headers: { 'x-id': id } }])
      expect(await told(inHeader.reader, [id, '1'])).toEqual([1, 'not-seen-within-retention'])
      const inBody = await reading(context, { messageId: { pointer: '/order/id' } })
      await inBody.publish(inBody.log, [{ value: `{"order":{"id":${id}}}` }])
      expect(await told(inBody.reader, [id, '1234567890123456788'])).toEqual([1, 'not-seen-within-retention'])
    })

    it('a record that does not say its message leaves the others in doubt', async (context) => {
      const { reader, publish, log } = await reading(context)
      await publish(log, [byId('m-1'), { value: 'something else' }])
      expect(await told(reader, ['m-1', 'm-2'])).toEqual([1, 'records-without-id'])
    })

    it('one that was made anew under its name is read anew', async (context) => {
      const { reader, publish, log, makeAnew } = await reading(context)
      await publish(log, [byId('old-1'), byId('old-2')])
      expect(await told(reader, ['new-1'])).toEqual(['not-seen-within-retention'])
      await makeAnew(log)
      await publish(log, [byId('new-1'), byId('new-2')])
      expect(await told(reader, ['new-1', 'new-3'])).toEqual([1, 'not-seen-within-retention'])
    })

    it('reading leaves nothing behind, and tells no time', async (context) => {
      const { reader, publish, log, traces } = await reading(context)
      await publish(log, [byId('m-1')])
      const before = await traces()
      await told(reader, ['m-1'])
      await reader.dedupe(never)
      expect(await traces()).toEqual(before)
      expect(await reader.dedupe(never)).toMatchObject({ kind: 'log', retentionSec: DAY_SEC })
      expect([reader.clock, reader.walk, reader.positions]).toEqual([null, null, null])
    })

    it('where there is none, nothing is said of any message', async (context) => {
      const { unusedName } = await open(context)
      const { reader } = await reading(context, { log: unusedName() })
      await expect(reader.look(requests(['m-1']), never)).rejects.toMatchObject({ code: 'topic-missing' })
      await expect(reader.dedupe(never)).rejects.toMatchObject({ code: 'topic-missing' })
    })

    it('aborted, it says so, and the next one is answered', async (context) => {
      const { reader, publish, log } = await reading(context)
      await publish(log, [byId('m-1')])
      await expect(reader.look(requests(['m-1']), AbortSignal.abort())).rejects.toThrow()
      expect(await told(reader, ['m-1'])).toEqual([1])
    })
  })
}
