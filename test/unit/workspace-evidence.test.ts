import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openWorkspaceFile } from '../../src-main/adapters/workspace-file/workspace-file.ts'
import { brokersOf } from '../../src-main/domain/workspace.ts'
import type { SourceConfig } from '../../src-main/domain/workspace.ts'

const source = {
  driver: 'postgres',
  url: 'postgres://user@host:5432/shop',
  environment: 'development',
  outbox: { profile: 'auto', table: 'public.outbox_message' },
  stuckAfterSec: 60,
  maxAttempts: 3,
}
const log = { broker: 'kafka', log: 'orders.consumed', retentionSec: 60 }

async function loaded(evidence: object): Promise<SourceConfig> {
  const path = join(mkdtempSync(join(tmpdir(), 'redrive-workspace-')), 'redrive.json')
  const brokers = { kafka: { driver: 'kafka', brokers: ['127.0.0.1:9092'] } }
  writeFileSync(path, JSON.stringify({ sources: { orders: { ...source, evidence } }, brokers }))
  return (await openWorkspaceFile({ path }).load()).sources['orders']!
}

test('evidence in a topic or stream, wherever its records say which message they are about', async () => {
  for (const messageId of [undefined, 'key', { header: 'x-id' }, { pointer: '/order/id' }]) {
    const written = messageId === undefined ? log : { ...log, messageId }
    const orders = await loaded(written)
    expect(orders.evidence).toEqual(written)
    expect(brokersOf(orders)).toEqual(['kafka'])
  }
  expect(brokersOf(await loaded({ table: 'public.inbox', retentionSec: null }))).toEqual([])
})

test.each([
  ['neither a table nor a log', { broker: 'kafka', retentionSec: 60 }, 'log', /string/],
  ['a retention that is none', { table: 'public.inbox', retentionSec: 0 }, 'retentionSec', /1/],
  ['no such broker', { ...log, broker: 'other' }, 'broker', /there is no broker of the name other/],
  ['no pointer', { ...log, messageId: { pointer: 'id' } }, 'messageId.pointer', /begins with/],
  ['both', { ...log, table: 'public.inbox' }, 'broker', /unknown key/],
])('refused where it was meant: %s', async (_, evidence, at, problem) => {
  await expect(loaded(evidence)).rejects.toMatchObject({
    code: 'workspace-invalid',
    detail: { at: `sources.orders.evidence.${at}`, problem: expect.stringMatching(problem) as string },
  })
})
