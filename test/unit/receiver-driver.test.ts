import { expect, test } from 'vitest'
import { openReceiver } from '../../src-main/app/evidence/receiver.ts'
import type { EnginePorts } from '../../src-main/app/engine-ports.ts'
import type { TableEvidence, SourceConfig, SourceDriver } from '../../src-main/domain/workspace.ts'
import { unlimited } from '../../src-main/ports/load.ts'

const shared = { environment: 'development', stuckAfterSec: 60, maxAttempts: 3 } as const
const sources: Readonly<Record<string, SourceConfig>> = {
  orders: {
    ...{ ...shared, driver: 'mysql', url: 'mysql://me@db/orders' },
    outbox: { profile: 'auto', table: 'outbox_message' },
  },
  billing: {
    ...{ ...shared, driver: 'postgres', url: 'postgres://me@db/billing' },
    outbox: { profile: 'auto', table: 'public.outbox_message' },
  },
}
const table = { table: 'inbox', messageId: 'message_id', retentionSec: null }

/** Which kind of server a receiver's table was looked for on, and at which address. */
async function openedOn(name: string, more: Partial<TableEvidence>): Promise<readonly string[]> {
  const opened: string[] = []
  const open = (driver: SourceDriver) => (options: { readonly at: { readonly url: string } }) => {
    opened.push(driver, options.at.url)
    return Promise.reject(new Error('far enough'))
  }
  const ports = {
    drivers: { evidence: { postgres: open('postgres'), mysql: open('mysql') } },
    secrets: {},
    loads: { of: () => unlimited },
  } as unknown as EnginePorts
  const of = { name, config: sources[name]!, evidence: { ...table, ...more }, sources }
  const opening = openReceiver(ports, of, new AbortController().signal)
  await expect(opening).rejects.toThrow('far enough')
  return opened
}

test("a receiver's table is looked for on the kind of server that it is on, whatever the outbox is on", async () => {
  expect(await openedOn('orders', {})).toEqual(['mysql', 'mysql://me@db/orders'])
  expect(await openedOn('orders', { source: 'billing' })).toEqual(['postgres', 'postgres://me@db/billing'])
  expect(await openedOn('billing', { source: 'orders' })).toEqual(['mysql', 'mysql://me@db/orders'])
  expect(await openedOn('billing', { url: 'mariadb://me@db/x' })).toEqual(['mysql', 'mariadb://me@db/x'])
  expect(await openedOn('orders', { url: 'postgresql://me@db/x' })).toEqual([
    'postgres',
    'postgresql://me@db/x',
  ])
})
