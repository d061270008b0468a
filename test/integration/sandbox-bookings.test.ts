import { createRouterClient } from '@orpc/server'
import { calling } from '../support/callers.ts'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { createMemorySecrets } from '../../src-main/adapters/secrets-memory/memory-secrets.ts'
import { compose } from '../../src-main/hosts/compose.ts'
import { sql, start, temporaryFolder, until } from '../support/sandbox-run.ts'

test('its bookings are half messages: asked about, committed ones are sent by their relay, the rest as they should be', async () => {
  const sandbox = await start(await temporaryFolder())
  const running = await compose({
    host: 'http',
    version: '0.0.0-test',
    operator: 'tester',
    dataDir: sandbox.storeDir,
    workspace: sandbox.workspace,
    workspacePath: null,
    secrets: createMemorySecrets({ env: process.env }),
    keepsPasswords: false,
    log: pino({ level: 'silent' }),
    memoryBroker: sandbox.memoryBroker,
  })
  onTestFinished(() => running.close())
  const client = createRouterClient(running.router, calling())
  await client.connections.unlock({ source: 'bookings', minutes: 5, typedName: null })
  const { run } = await client.halfMessages.askNow({ source: 'bookings', ids: null })
  let last
  for await (const now of await client.halfMessages.watch({ run })) last = now
  expect(last).toMatchObject({
    state: 'done',
    outcome: { asked: 24, committed: 4, rolledBack: 8, unknown: 12, parked: 0, failedCalls: 4 },
  })
  const states = async () => {
    const rows = await sql<{ fate: string; status: string; n: number }>(
      sandbox,
      'bookings',
      `select split_part(message_id, '-', 2) as fate, status, count(*)::int as n from outbox_message group by 1, 2`,
    )
    return Object.fromEntries(rows.map(({ fate, status, n }) => [fate, `${n} ${status}`]))
  }
  await until('the relay has sent what was committed', async () => (await states())['yes'] === '4 sent')
  expect(await states()).toEqual({
    ...{ yes: '4 sent', no: '4 failed', lost: '4 failed' },
    ...{ unknown: '4 prepared', slow: '4 prepared', wrong: '4 prepared' },
  })
})
