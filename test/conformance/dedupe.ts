import { describe, expect, test } from 'vitest'
import { judgeDedupe } from '../../src-main/domain/dedupe/judge.ts'
import type { TableEvidence } from '../../src-main/domain/workspace.ts'
import type { EvidenceReader } from '../../src-main/ports/evidence.ts'
import type { TestDatabase } from '../support/postgres-server.ts'
import { signal } from './outbox-fixture.ts'

export interface DedupeServer {
  readonly open: () => Promise<TestDatabase>
  /** The receiver's table, as the configuration of a source names it. */
  readonly read: (database: TestDatabase, config: TableEvidence) => Promise<EvidenceReader>
  /** Type of an id that can be indexed. */
  readonly id: string
}

const config: TableEvidence = { table: 'inbox', messageId: 'message_id', retentionSec: null }
const SKEW = { receiverToSourceSec: 0, machineToSourceSec: 0 }
const NONE = { known: true, ageSec: null } as const

/** State and code of what is found of the table itself. */
export async function foundOf(reader: EvidenceReader): Promise<string[]> {
  const facts = await reader.dedupe(signal())
  return judgeDedupe({ facts, retrySec: null, oldest: NONE, skew: SKEW })
    .filter(({ check }) => check !== 'age' && check !== 'clocks')
    .map(({ state, says }) => `${state} ${says.say}`)
}

/** What a check of a receiver's table must find, whatever server holds it. */
export function dedupeConformance(name: string, { open, read, id }: DedupeServer): void {
  /** One database for all tables of a test: each is called `inbox` and a number. */
  const maker = async () => {
    const database = await open()
    let number = 0
    return async (
      statements: readonly string[],
      change: Partial<TableEvidence> = {},
    ): Promise<{ readonly found: string[]; readonly reader: EvidenceReader }> => {
      number += 1
      const table = `inbox${number}`
      for (const statement of statements) await database.sql(statement.replaceAll('inbox', table))
      const reader = await read(database, { ...config, table, ...change })
      return { reader, found: await foundOf(reader) }
    }
  }

  describe(`dedupe conformance: ${name}`, () => {
    test('a primary key, or a unique index, on the message id refuses duplicates', async () => {
      const made = await maker()
      const key = await made([`create table inbox (message_id ${id} primary key)`])
      expect(key.found).toEqual(['ok dedupe.unique'])
      const index = await made([
        `create table inbox (n integer primary key, message_id ${id})`,
        `create unique index inbox_message on inbox (message_id)`,
      ])
      expect(index.found).toEqual(['ok dedupe.unique'])
    })

    test('without one nothing refuses them, whatever else is indexed', async () => {
      const made = await maker()
      const { found } = await made([
        `create table inbox (n integer primary key, message_id ${id})`,
        `create index inbox_message on inbox (message_id)`,
      ])
      expect(found).toEqual(['broken dedupe.unique-none'])
    })

    test('a key with the receiver in it counts where the scope says which receiver', async () => {
      const made = await maker()
      const table = `create table inbox (message_id ${id}, receiver ${id}, primary key (receiver, message_id))`
      expect((await made([table])).found).toEqual(['broken dedupe.unique-wider'])
      const scope = { column: 'receiver', equals: 'billing' } as const
      expect((await made([table], { scope })).found).toEqual(['ok dedupe.unique'])
      const both = { all: [{ column: 'receiver', in: ['billing', 'search'] }] } as const
      expect((await made([table], { scope: both })).found).toEqual(['broken dedupe.unique-wider'])
    })

    test('a key with the time in it lets the same message in again', async () => {
      const made = await maker()
      const { found } = await made([
        `create table inbox (message_id ${id}, received_on ${id}, primary key (message_id, received_on))`,
      ])
      expect(found).toEqual(['broken dedupe.unique-wider'])
    })

    test('of a log only lines of success count, and a message with two of them was consumed twice', async () => {
      const made = await maker()
      const log = `create table inbox (line integer primary key, message_id ${id}, status ${id})`
      const lines = (values: string): string => `insert into inbox values ${values}`
      const tries = lines(`(1, 'a', 'failed'), (2, 'a', 'failed'), (3, 'a', 'done'), (4, 'b', 'failed')`)
      const processed = { column: 'status', equals: 'done' } as const
      const once = await made([log, tries], { processed })
      expect(once.found).toEqual(['broken dedupe.unique-none'])
      const twice = await made([log, tries, lines(`(5, 'a', 'done'), (6, 'c', 'done')`)], { processed })
      expect(twice.found).toEqual(['broken dedupe.unique-none', 'broken dedupe.doubled'])
      const facts = await twice.reader.dedupe(signal())
      expect(facts).toMatchObject({ sample: { proofs: 3, doubled: 1 } })
      const of = (messageId: string) => ({ id: messageId, messageId, createdAt: new Date().toISOString() })
      const seen = await twice.reader.look([of('a'), of('b'), of('c'), of('d')], signal())
      expect(seen.map(({ verdict, times }) => `${verdict} ${times}`)).toEqual([
        'consumed 2',
        'unknown 0',
        'consumed 1',
        'not-seen-within-retention 0',
      ])
      const page = await twice.reader.walk?.({ after: null, limit: 10 }, signal())
      expect(page?.consumptions.map(({ messageId, times }) => `${messageId} ${times}`)).toEqual([
        'a 2',
        'c 1',
      ])
    })

    test('a log whose lines of success are unique refuses the second one', async () => {
      const made = await maker()
      const { found } = await made(
        [
          `create table inbox (message_id ${id}, status ${id})`,
          `create unique index inbox_done on inbox (message_id, status)`,
        ],
        { processed: { column: 'status', equals: 'done' } },
      )
      expect(found).toEqual(['ok dedupe.unique'])
    })

    test('of a view nothing is known', async () => {
      const made = await maker()
      const { found } = await made([
        `create table held_inbox (message_id ${id} primary key)`,
        `create view inbox as select message_id from held_inbox`,
      ])
      expect(found).toEqual(['unknown dedupe.view'])
    })

    test('the server tells its time', async () => {
      const made = await maker()
      const { reader } = await made([`create table inbox (message_id ${id} primary key)`])
      expect(Math.abs(Date.parse(await reader.clock!(signal())) - Date.now())).toBeLessThan(30_000)
    })

    test('aborted, it says so', async () => {
      const made = await maker()
      const { reader } = await made([`create table inbox (message_id ${id} primary key)`])
      await expect(reader.dedupe(AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' })
    })
  })
}
