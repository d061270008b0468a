import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { ReplicaUse } from '../../src-main/domain/audit.ts'
import { sayReplica } from '../../src-main/domain/chain/say-replica.ts'
import { auditPatience } from '../../src-main/app/audit/read-chains.ts'
import type { ChainReader } from '../../src-main/ports/chains.ts'
import { byPlace, fillChains, plantFaults } from '../support/chain-generator.ts'
import type { GeneratorOptions, Planted } from '../support/chain-generator.ts'
import { openChains } from '../support/chain-tables.ts'
import { freeShape, freeTable, fullPace } from '../support/free-chains.ts'
import { referenceSchema, serverAddress } from '../support/postgres-server.ts'
import type { TestDatabase } from '../support/postgres-server.ts'
import { startPostgresPair } from '../support/postgres-pair.ts'
import type { PostgresPair } from '../support/postgres-pair.ts'
import { readAll } from '../support/read-chains.ts'
import { eventually } from '../support/resend-scene.ts'
import { openTestEngine, testSource } from '../support/test-engine.ts'

let pair: PostgresPair
beforeAll(async () => {
  pair = await startPostgresPair()
}, 120_000)
afterAll(() => pair.close())

const soon = { ...auditPatience, replicaMs: 300 }

interface Scene {
  readonly name: string
  readonly primary: TestDatabase
  readonly replica: TestDatabase
  readonly reader: ChainReader
}

let scenes = 0
async function openScene(rows: number, harm: (database: TestDatabase) => Promise<unknown>): Promise<Scene> {
  const name = `scene_${(scenes += 1)}`
  const { primary, replica } = await pair.database(name)
  await known(replica)
  await freeTable(primary, true)
  const options: GeneratorOptions = { table: 'free', rows, chains: 20, each: 3, payload: 20 }
  await fillChains(primary, options)
  await harm(primary)
  await primary.sql('vacuum analyze free_chain')
  const reader = await openChains(primary, 'free_chain', freeShape, { replicaUrl: pair.replicaUrl(name) })
  return { name, primary, replica, reader }
}

/** Nobody can log in to a database that the replica has not heard of. */
async function known(replica: TestDatabase): Promise<void> {
  await eventually('the replica has the database', () =>
    replica.sql('select').then(
      () => true,
      () => false,
    ),
  )
}

async function pause({ replica }: Pick<Scene, 'replica'>): Promise<void> {
  await replica.sql('select pg_wal_replay_pause()')
  onTestFinished(async () => {
    await replica.sql('select pg_wal_replay_resume()')
  })
  await eventually('the replica pauses', async () => {
    const [row] = await replica.sql('select pg_get_wal_replay_pause_state() as state')
    return row?.['state'] === 'paused'
  })
}

const breakOne =
  'delete from free_chain where id = (select min(id) from free_chain where prev_id is not null)'

test(
  'planted faults are found through the replica: all of them, and nothing else',
  { timeout: 120_000 },
  async () => {
    let planted: readonly Planted[] = []
    const rows = 20_000
    const { reader } = await openScene(rows, async (database) => {
      planted = await plantFaults(database, { table: 'free', rows, chains: 20, each: 3, payload: 20 })
    })
    const before = { primary: await pair.log('primary'), replica: await pair.log('replica') }
    for (const pauseMs of [0, 1]) {
      const read = await readAll(reader, { pace: { ...fullPace, pauseMs } })
      const found = read.findings.map(({ kind, chain, id, previousId }): Planted => ({
        kind,
        chain,
        id,
        prevId: previousId,
      }))
      expect(found.sort(byPlace)).toEqual([...planted].sort(byPlace))
      expect(read.replica).toMatchObject({ used: true, sameSystem: true, trouble: null })
      expect(read.horizon.standby).toBe(false)
      expect(sayReplica(read.replica!)).toMatch(
        /^The survey was read on the replica 127\.0\.0\.1:\d+: it was \d+ bytes of the log behind/,
      )
    }
    const since = async (of: 'primary' | 'replica') => (await pair.log(of)).slice(before[of].length)
    expect(await since('replica')).toMatch(/hashint8extended/)
    expect(await since('primary')).not.toMatch(/hashint8extended/)
    expect(await since('primary')).toMatch(/lag\(/)
  },
)

test('what was committed without waiting for the disk is waited for', { timeout: 60_000 }, async () => {
  const { primary, reader } = await openScene(2_000, () => Promise.resolve())
  for (let turn = 0; turn < 5; turn += 1) {
    await primary.sql(`set synchronous_commit = off; ${breakOne}`)
    const { findings, replica } = await readAll(reader)
    expect(replica).toMatchObject({ used: true })
    expect(findings.filter(({ kind }) => kind === 'missing' || kind === 'orphan-head')).toHaveLength(turn + 1)
  }
})

test('a paused replica is never taken for the source', { timeout: 60_000 }, async () => {
  const scene = await openScene(2_000, () => Promise.resolve())
  await pause(scene)
  await scene.primary.sql(breakOne)
  const read = await readAll(scene.reader, { patience: soon })
  expect(read.findings).toHaveLength(1)
  expect(read.replica).toMatchObject({ used: false, trouble: { kind: 'behind' } })
  expect(read.replica!.behindBytes).toBeGreaterThan(0)
  expect(sayReplica(read.replica!)).toMatch(/was not used \(behind, it lacks \d+ bytes.*read on the source/)
  await expect(readAll(scene.reader, { patience: soon, replica: 'only' })).rejects.toMatchObject({
    code: 'replica-not-usable',
    retry: 'later',
  })
  expect(await readAll(scene.reader, { patience: soon, replica: 'never' })).toMatchObject({ replica: null })
})

test(
  'a replica that is down, no standby, of another system or another database is not read, and it is said',
  { timeout: 60_000 },
  async () => {
    const { name, primary } = await openScene(1_000, (database) => database.sql(breakOne))
    const troubleAt = async (replicaUrl: string) => {
      const reader = await openChains(primary, 'free_chain', freeShape, { replicaUrl })
      const read = await readAll(reader, { patience: soon })
      expect(read.findings).toHaveLength(1)
      expect(read.replica).toMatchObject({ used: false })
      return read.replica?.trouble?.kind
    }
    const { host, port, user } = serverAddress()
    expect(await troubleAt(primary.url)).toBe('not-a-standby')
    expect(await troubleAt(`postgres://${user}@${host}:${port}/postgres`)).toBe('other-system')
    expect(await troubleAt(pair.replicaUrl('postgres'))).toBe('other-table')
    await pair.stopReplica()
    try {
      expect(await troubleAt(pair.replicaUrl(name))).toBe('unreachable')
    } finally {
      await pair.startReplica()
    }
  },
)

test(
  'a role that may not ask for the system is told that it was not checked',
  { timeout: 60_000 },
  async () => {
    const { name, primary } = await openScene(1_000, (database) =>
      database.sql(
        'revoke execute on function pg_control_system() from public; create role auditor login; grant select on free_chain to auditor',
      ),
    )
    const as = (url: string) => url.replace('postgres@', 'auditor@')
    const replicaUrl = as(pair.replicaUrl(name))
    const reader = await openChains({ url: as(primary.url) }, 'free_chain', freeShape, { replicaUrl })
    const { replica } = await readAll(reader)
    expect(replica).toMatchObject({ used: true, sameSystem: null })
    expect(sayReplica(replica!)).toMatch(/could not be checked/)
  },
)

test('a reading that recovery cuts off on the replica counts for nothing', { timeout: 120_000 }, async () => {
  const { primary, replica, reader } = await openScene(600_000, () => Promise.resolve())
  await primary.sql('drop index free_chain_idx')
  // A conflict is decided at once, and the reading loses.
  await replica.sql("alter system set max_standby_streaming_delay = '0'")
  await replica.sql('select pg_reload_conf()')
  onTestFinished(async () => {
    await replica.sql('alter system reset max_standby_streaming_delay')
    await replica.sql('select pg_reload_conf()')
  })
  const cutOff = async (use: ReplicaUse) => {
    const reading = readAll(reader, { replica: use })
    const settled = Promise.allSettled([reading])
    await eventually('the replica is read', async () => {
      const [row] = await replica.sql(
        `select count(*) as n from pg_stat_activity where state = 'active' and query like '%free_chain%' and application_name = 'redrive audit' and query like '%hashint8extended%'`,
      )
      return row?.['n'] !== '0'
    })
    await primary.sql('begin; lock table free_chain in access exclusive mode; commit')
    await settled
    return reading
  }
  const read = await cutOff('if-current')
  expect(read.replica).toMatchObject({ used: false, trouble: { kind: 'cut-off' } })
  expect(read.replica?.trouble?.reason).toMatch(/conflict with recovery/)
  expect(read.progress).toMatchObject({ messages: 600_000, chains: 20 })
  await expect(cutOff('only')).rejects.toMatchObject({ code: 'replica-not-usable' })
})

test('a mark never passes what the replica had not replayed', { timeout: 120_000 }, async () => {
  const name = `scene_${(scenes += 1)}`
  const { primary, replica } = await pair.database(name)
  await known(replica)
  await primary.sql(await referenceSchema())
  const grow = async (count: number) => {
    for (let more = 0; more < count; more += 1)
      await primary.sql(
        `insert into outbox_message (prev_id, chain_key, message_id, exchange, routing_key, payload)
         values ((select max(id) from outbox_message), 'a', gen_random_uuid()::text, 'shop', 'orders', '{}')`,
      )
  }
  await grow(5)
  const dataDir = await mkdtemp(join(tmpdir(), 'redrive-audit-'))
  const stage = openTestEngine({ dataDir, databaseUrl: primary.url, replicaUrl: pair.replicaUrl(name) })
  onTestFinished(async () => {
    await stage.close()
    await rm(dataDir, { recursive: true })
  })
  const audit = async (kind: 'all' | 'new', use: ReplicaUse) => {
    const pace = { workers: 1, pauseMs: 0, limitSec: 60, replica: use } as const
    const { audits } = stage.engine
    const { audit: id } = await audits.start({
      source: testSource,
      scope: { kind },
      pace,
      trigger: 'operator',
    })
    return audits.ended(id)
  }
  await pause({ replica })
  await grow(3)
  await primary.sql('delete from outbox_message where id = 7')
  const behind = await audit('new', 'only')
  expect(behind).toMatchObject({ state: 'failed', verdict: 'incomplete', verifiedTo: null })
  expect(behind.trouble).toMatchObject({ code: 'replica-not-usable' })
  await replica.sql('select pg_wal_replay_resume()')
  const current = await audit('new', 'only')
  expect(current).toMatchObject({ verdict: 'broken', verifiedTo: '8', findings: 1 })
  expect(current.method?.replica).toMatchObject({ used: true, trouble: null })
  const report = await stage.engine.audits.report(current.audit)
  expect(report.html).toMatch(/read on the replica 127\.0\.0\.1:\d+: it was \d+ bytes of the log behind/)
})
