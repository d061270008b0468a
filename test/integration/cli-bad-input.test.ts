import { join } from 'node:path'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { openCli } from '../support/cli.ts'
import { addFailed, cliFixture } from '../support/cli-fixture.ts'
import { rabbitUrl } from '../support/rabbitmq.ts'

/** A port that nobody listens on. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

test('a broker with a wrong password, or none there, is named by its own error', async (context) => {
  const wrong = await cliFixture(context, { broker: { password: { value: 'wrong' } } })
  const test = await wrong.cli.here('sources', 'test', '--source', 'orders')
  expect(test.code).toBe(1)
  expect(test.records).toMatchObject([{ type: 'source' }, { type: 'error', code: 'auth-failed' }])

  const url = rabbitUrl({ port: await closedPort() })
  const down = await cliFixture(context, { broker: { url } })
  const answer = await down.cli.here('sources', 'test', '--source', 'orders')
  expect(answer.code).toBe(1)
  expect(answer.records[1]).toMatchObject({ type: 'error', code: 'host-unreachable', retry: 'later' })
})

test('a database server that is down, and a database that does not exist', async (context) => {
  const port = await closedPort()
  const down = await cliFixture(context, { source: { url: `postgres://postgres@127.0.0.1:${port}/shop` } })
  const list = ['messages', 'list', '--source', 'orders', '--trouble', 'failed']
  expect(await down.cli.here(...list)).toMatchObject({ code: 1, records: [{ code: 'host-unreachable' }] })
  const plain = await down.cli.plain(...list)
  expect(plain.stdout).toBe('')
  expect(plain.stderr).toMatch(/does not answer[^]*Check host and port/)

  const { database } = down
  const unknown = await cliFixture(context, {
    source: { url: database.url.replace(database.name, 'redrive_no_such') },
  })
  expect(await unknown.cli.here(...list)).toMatchObject({
    code: 1,
    records: [{ code: 'database-unknown', detail: { database: 'redrive_no_such' } }],
  })
})

test('a source with a wrong password', async (context) => {
  const { cli, database } = await cliFixture(context)
  const role = `redrive_${database.name.slice(-8)}`
  // A server that trusts its neighbours asks nobody for a password, so the user is one that it does not know.
  await writeFile(
    cli.workspaceFile,
    JSON.stringify({
      sources: {
        orders: {
          driver: 'postgres',
          url: database.url.replace(/\/\/[^@]+@/, `//${role}@`),
          password: { value: 'wrong' },
          environment: 'development',
          outbox: { table: 'public.outbox_message' },
        },
      },
    }),
  )
  const answer = await cli.here('sources', 'test', '--source', 'orders')
  expect(answer).toMatchObject({ code: 1, records: [{ type: 'error', code: 'auth-failed' }] })
  expect(answer.stdout + answer.stderr).not.toContain('wrong')
})

test('a table that is missing, has no key, or lacks a column', async (context) => {
  const list = ['messages', 'list', '--source', 'orders', '--trouble', 'failed']
  const { cli, database } = await cliFixture(context, { empty: true })
  expect(await cli.here(...list)).toMatchObject({ code: 1, records: [{ code: 'table-missing' }] })

  const other = await cliFixture(context)
  await other.database.sql('alter table outbox_message drop column last_error')
  expect(await other.cli.here(...list)).toMatchObject({
    code: 1,
    records: [{ code: 'no-profile-matches' }],
  })

  await database.sql('create table outbox_message (like pg_class)')
  expect(await cli.here(...list)).toMatchObject({ code: 1 })
  const third = await cliFixture(context)
  await third.database.sql('alter table outbox_message drop constraint outbox_message_pkey cascade')
  expect(await third.cli.here(...list)).toMatchObject({ code: 1, records: [{ code: 'table-without-key' }] })
})

test('a workspace file with an unknown key, with broken JSON, or that does not exist', async () => {
  const unknown = await openCli({ sources: {}, brokers: {}, colour: 'red' })
  expect(await unknown.here('jobs', 'list')).toMatchObject({
    code: 2,
    records: [{ type: 'error', code: 'workspace-invalid', detail: { at: 'colour', problem: 'unknown key' } }],
  })
  const broken = await openCli('{ "sources": ')
  expect(await broken.here('sources', 'list')).toMatchObject({
    code: 2,
    records: [{ code: 'workspace-invalid' }],
  })
  const plain = await broken.plain('sources', 'list')
  expect(plain.stderr).toContain('is not valid')

  const cli = await openCli({})
  const { code, records } = await cli.here('sources', 'list', '--workspace', 'none.json')
  expect({ code, records }).toMatchObject({ code: 2, records: [{ code: 'usage' }] })
})

test('a source that the workspace does not have', async (context) => {
  const { cli } = await cliFixture(context)
  for (const words of [
    ['sources', 'test', '--source', 'nope'],
    ['messages', 'list', '--source', 'nope'],
    ['plan', 'resend', '--source', 'nope', '--trouble', 'failed', '--out', 'plan.json'],
    ['resolve', '--source', 'nope', '--id', '1', '--reason', 'x'],
  ]) {
    const answer = await cli.here(...words)
    expect(answer, words.join(' ')).toMatchObject({
      code: 2,
      records: [{ type: 'error', code: 'source-unknown', detail: { source: 'nope', known: 'orders' } }],
    })
  }
})

test('a password whose variable is not set', async (context) => {
  const { cli } = await cliFixture(context, { broker: { password: { env: 'REDRIVE_TEST_NOT_SET' } } })
  const answer = await cli.here('sources', 'test', '--source', 'orders')
  expect(answer).toMatchObject({ code: 2, records: [{ type: 'source' }, { code: 'secret-missing' }] })
})

test('a message or a job that does not exist', async (context) => {
  const { cli } = await cliFixture(context)
  expect(await cli.here('messages', 'show', '--source', 'orders', '--id', '4711')).toMatchObject({
    code: 1,
    records: [{ code: 'message-not-found', detail: { id: '4711' } }],
  })
  expect(await cli.here('jobs', 'show', 'job-none')).toMatchObject({
    code: 1,
    records: [{ code: 'job-not-found' }],
  })
  expect(await cli.here('undo', 'decision-none')).toMatchObject({
    code: 1,
    records: [{ code: 'decision-not-found' }],
  })
})

test('an empty selection makes no plan', async (context) => {
  const { cli } = await cliFixture(context)
  const answer = await cli.here(
    ...['plan', 'resend', '--source', 'orders', '--trouble', 'failed', '--out', 'plan.json'],
  )
  expect(answer).toMatchObject({ code: 1, records: [{ code: 'plan-empty' }] })
})

test('a payload that the mapping cannot carry is left out of the plan, with the reason', async (context) => {
  const { cli, database, queue } = await cliFixture(context)
  const [bad] = await addFailed(database, queue, 2)
  await database.sql(`update outbox_message set headers = '[1]' where id = $1`, [bad])
  const { code, records } = await cli.here(
    ...[
      'plan',
      'resend',
      '--source',
      'orders',
      '--trouble',
      'failed',
      '--out',
      join(cli.folder, 'plan.json'),
    ],
  )
  expect({ code, records }).toMatchObject({ code: 0, records: [{ items: 1, skipped: 1 }] })
})
