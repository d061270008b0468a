import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { SourceConfig, Workspace } from '../../src-main/domain/workspace.ts'
import { memoryWorkspace } from '../../src-main/sandbox/memory-workspace.ts'
import { openTestEngine } from '../support/test-engine.ts'

const source: SourceConfig = {
  driver: 'postgres',
  url: 'postgres://user@127.0.0.1:1/shop',
  environment: 'development',
  outbox: { profile: 'auto', table: 'public.outbox_message' },
  stuckAfterSec: 60,
  maxAttempts: 3,
}
const schemas = { OrderPaid: 'schemas/order-paid.json' }

test('limits of load and the ids of a source were gone after its form was saved: what no form knows stays', async () => {
  const load = { connections: 4 }
  const outbox = {
    ...source.outbox,
    ids: { service: 'none' },
    fingerprint: { fields: ['/a'], windowSec: 60 },
  }
  const written = { ...source, load, outbox } as unknown as SourceConfig
  const workspace = memoryWorkspace({ sources: { orders: written }, brokers: {} })
  const opened = openTestEngine({
    dataDir: mkdtempSync(join(tmpdir(), 'redrive-load-')),
    databaseUrl: 'postgres://user@127.0.0.1:1/shop',
    wrap: (ports) => ({ ...ports, workspace }),
  })
  try {
    const change = { name: 'orders', isNew: false, password: { kind: 'none' as const } }
    await opened.engine.configure.saveSource({ ...change, config: { ...source, stuckAfterSec: 120 } })
    expect((await workspace.load()).sources['orders']).toEqual({ ...written, stuckAfterSec: 120 })
  } finally {
    await opened.close()
  }
})

test('a source changed by a form, which knows no schemas, keeps those that the workspace file names', async () => {
  const first: Workspace = {
    sources: { orders: { ...source, outbox: { ...source.outbox, schemas } }, payroll: source },
    brokers: {},
  }
  const workspace = memoryWorkspace(first)
  const opened = openTestEngine({
    dataDir: mkdtempSync(join(tmpdir(), 'redrive-schemas-')),
    databaseUrl: 'postgres://user@127.0.0.1:1/shop',
    wrap: (ports) => ({ ...ports, workspace }),
  })
  try {
    const change = { isNew: false, password: { kind: 'none' as const } }
    const config = { ...source, stuckAfterSec: 120, outbox: { profile: 'auto', table: 'public.other' } }
    await opened.engine.configure.saveSource({ ...change, name: 'orders', config })
    await opened.engine.configure.saveSource({ ...change, name: 'payroll', config })
    const { sources } = await workspace.load()
    expect(sources['orders']).toEqual({ ...config, outbox: { ...config.outbox, schemas } })
    expect(sources['payroll']).toEqual(config)
  } finally {
    await opened.close()
  }
})

test('evidence changed by a form keeps what the form does not know, and goes when the form says none', async () => {
  const condition = { column: 'receiver', equals: 'billing' } as const
  const evidence = { table: 'public.inbox', messageId: 'id', retentionSec: 60, scope: condition }
  const workspace = memoryWorkspace({ sources: { orders: { ...source, evidence } }, brokers: {} })
  const opened = openTestEngine({
    dataDir: mkdtempSync(join(tmpdir(), 'redrive-evidence-')),
    databaseUrl: 'postgres://user@127.0.0.1:1/shop',
    wrap: (ports) => ({ ...ports, workspace }),
  })
  const now = async () => (await workspace.load()).sources['orders']?.evidence
  try {
    const change = { name: 'orders', isNew: false, password: { kind: 'none' as const } }
    await opened.engine.configure.saveSource({ ...change, config: source })
    expect(await now()).toEqual(evidence)
    const formed = { table: 'public.seen', messageId: 'id', retentionSec: null }
    await opened.engine.configure.saveSource({ ...change, config: { ...source, evidence: formed } })
    expect(await now()).toEqual({ ...formed, scope: condition })
    await opened.engine.configure.saveSource({ ...change, config: source, keepsEvidence: false })
    expect(await now()).toBeUndefined()
  } finally {
    await opened.close()
  }
})

test('a broker changed by a form keeps the address of its management API', async () => {
  const rabbit = { driver: 'rabbitmq' as const, url: 'amqp://user@127.0.0.1:1/' }
  const workspace = memoryWorkspace({
    sources: {},
    brokers: { rabbit: { ...rabbit, management: 'http://127.0.0.1:2' } },
  })
  const opened = openTestEngine({
    dataDir: mkdtempSync(join(tmpdir(), 'redrive-management-')),
    databaseUrl: 'postgres://user@127.0.0.1:1/shop',
    wrap: (ports) => ({ ...ports, workspace }),
  })
  try {
    const config = { ...rabbit, url: 'amqp://other@127.0.0.1:1/' }
    const save = { name: 'rabbit', isNew: false, password: { kind: 'none' as const }, config }
    await opened.engine.configure.saveBroker(save)
    expect((await workspace.load()).brokers['rabbit']).toEqual({
      ...config,
      management: 'http://127.0.0.1:2',
    })
  } finally {
    await opened.close()
  }
})

test('a form keeps what the file says of a replica, but sends its password to no other server', async () => {
  const replica = {
    url: 'postgres://user@standby/shop',
    password: { env: 'STANDBY' },
    tls: { mode: 'require' },
  } as const
  const workspace = memoryWorkspace({ sources: { orders: { ...source, replica } }, brokers: {} })
  const opened = openTestEngine({
    dataDir: mkdtempSync(join(tmpdir(), 'redrive-schemas-')),
    databaseUrl: 'postgres://user@127.0.0.1:1/shop',
    wrap: (ports) => ({ ...ports, workspace }),
  })
  const replicaAfter = async (config: SourceConfig, keepsReplica: boolean) => {
    const change = { name: 'orders', isNew: false, password: { kind: 'none' as const } }
    await opened.engine.configure.saveSource({ ...change, config, keepsReplica })
    return (await workspace.load()).sources['orders']?.replica
  }
  try {
    expect(await replicaAfter(source, true)).toEqual(replica)
    expect(await replicaAfter({ ...source, replica: { url: replica.url } }, true)).toEqual(replica)
    const elsewhere = { url: 'postgres://user@elsewhere/shop' }
    expect(await replicaAfter({ ...source, replica: elsewhere }, true)).toEqual(elsewhere)
    expect(await replicaAfter(source, false)).toBeUndefined()
  } finally {
    await opened.close()
  }
})

test('rules of masking are written in the file only: a form of the source or the broker keeps them', async () => {
  const masking = { paths: ['/card/number'] }
  const broker = { driver: 'rabbitmq', url: 'amqp://user@127.0.0.1:1/' } as const
  const workspace = memoryWorkspace({
    sources: { orders: { ...source, masking } },
    brokers: { rabbit: { ...broker, masking } },
    masking: { environments: { production: masking } },
  })
  const opened = openTestEngine({
    dataDir: mkdtempSync(join(tmpdir(), 'redrive-masking-')),
    databaseUrl: 'postgres://user@127.0.0.1:1/shop',
    wrap: (ports) => ({ ...ports, workspace }),
  })
  try {
    const change = { isNew: false, password: { kind: 'none' as const } }
    await opened.engine.configure.saveSource({ ...change, name: 'orders', config: source })
    await opened.engine.configure.saveBroker({ ...change, name: 'rabbit', config: broker })
    const saved = await workspace.load()
    expect(saved.sources['orders']?.masking).toEqual(masking)
    expect(saved.brokers['rabbit']?.masking).toEqual(masking)
    expect(saved.masking).toEqual({ environments: { production: masking } })
  } finally {
    await opened.close()
  }
})
