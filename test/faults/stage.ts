import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SourceDriver } from '../../src-main/domain/workspace.ts'
import { createMariadb, dropMariadb, mysqlSchema } from '../support/mariadb.ts'
import { dropDatabase, openDatabase, referenceSchema } from '../support/postgres-server.ts'
import type { TestDatabase } from '../support/postgres-server.ts'
import { openTestEngine } from '../support/test-engine.ts'
import type { TestEngine, TestEngineOptions } from '../support/test-engine.ts'
import { openQueue } from './sink.ts'
import type { Sink } from './sink.ts'

/** A database, a queue and folders for the stores: what a proof needs, in a test or outside of one. */
export interface Stage {
  readonly database: TestDatabase
  readonly queue: string
  /** The key of a message is its chain's: what has one key keeps its order. */
  readonly keyed: boolean
  /** An engine with a store of its own; closed with the stage at the latest. */
  engine(options?: Partial<TestEngineOptions>): Promise<TestEngine>
  folder(): Promise<string>
  /** Message ids of everything that the queue holds, in its order; takes them out. */
  take(): Promise<readonly string[]>
  /** Empties table and queue. */
  clear(): Promise<void>
  /** Called before everything else when the stage is closed. */
  onClose(work: () => Promise<unknown>): void
  close(): Promise<void>
}

export interface StageOptions {
  /** Of the database that is made; PostgreSQL where it is not said. */
  readonly driver?: SourceDriver
  /** A database that is there already; one is made and dropped otherwise. */
  readonly database?: TestDatabase
  /** Of a broker of the test's own. */
  readonly brokerPort?: number
  /** Where the messages arrive; a queue is made otherwise. Closed with the stage. */
  readonly sink?: Sink
}

export async function openStage(options: StageOptions = {}): Promise<Stage> {
  const name = `redrive_test_${process.pid}_${randomBytes(4).toString('hex')}`
  const inMysql = options.driver === 'mysql'
  const database = options.database ?? (await (inMysql ? createMariadb(name) : openDatabase(name, true)))
  await database.sql(await (inMysql ? mysqlSchema() : referenceSchema()))
  const sink = options.sink ?? (await openQueue(name.replaceAll('_', '-'), options.brokerPort))
  const closing: (() => Promise<unknown>)[] = []
  const onClose = (work: () => Promise<unknown>): void => void closing.unshift(work)
  const folder = async (): Promise<string> => {
    const path = await mkdtemp(join(tmpdir(), 'redrive-faults-'))
    onClose(() => rm(path, { recursive: true, force: true }))
    return path
  }
  return {
    database,
    queue: sink.queue,
    keyed: sink.keyed,
    folder,
    onClose,
    async engine(more = {}) {
      const dataDir = more.dataDir ?? (await folder())
      const engine = openTestEngine({ databaseUrl: database.url, ...sink.engine, ...more, dataDir })
      let closed: Promise<void> | null = null
      const close = (): Promise<void> => (closed ??= engine.close())
      onClose(close)
      return { ...engine, close }
    },
    take: () => sink.take(),
    async clear() {
      await sink.clear()
      await database.sql(inMysql ? 'truncate outbox_message' : 'truncate outbox_message restart identity')
    },
    async close() {
      for (const work of closing) await work()
      await sink.close()
      await database.close()
      if (options.database === undefined) await (inMysql ? dropMariadb(name) : dropDatabase(name))
    },
  }
}
