import { expect, test } from 'vitest'
import { cliFixture } from '../support/cli-fixture.ts'
import { openCli } from '../support/cli.ts'

const NOTHING = { sources: {}, brokers: {} }

test('a token is made, listed without what proves it, and taken back; each is in the journal', async () => {
  const cli = await openCli(NOTHING)
  const made = await cli.here('operators', 'add', 'ann', '--role', 'approver', '--days', '3')
  expect(made).toMatchObject({
    code: 0,
    records: [{ name: 'ann', role: 'approver', secret: expect.stringMatching(/^redrive_/) }],
  })
  const [{ secret, token, expiresAt } = {}] = made.records
  expect(Date.parse(String(expiresAt)) - Date.now()).toBeGreaterThan(2.9 * 86_400_000)
  // The least, where nothing is said.
  expect(await cli.here('operators', 'add', 'bob')).toMatchObject({ code: 0, records: [{ role: 'viewer' }] })
  const list = await cli.here('operators', 'list')
  expect(list.records.map(({ name, role, revokedAt }) => [name, role, revokedAt])).toEqual([
    ['bob', 'viewer', null],
    ['ann', 'approver', null],
  ])
  expect(list.stdout).not.toContain(String(secret))
  expect(await cli.here('operators', 'revoke', 'ann')).toMatchObject({
    code: 0,
    records: [{ revoked: [token] }],
  })
  expect((await cli.plainHere('operators', 'list')).stdout).toMatch(/ann .*revoked/)
  const journal = await cli.here('journal', 'list')
  expect(journal.records.map(({ action }) => action).toSorted()).toEqual([
    'operator-added',
    'operator-added',
    'operator-revoked',
  ])
  expect(journal.stdout).not.toContain(String(secret))
})

test('a name that could pass for something else, an unknown role and an unknown name are refused', async () => {
  const cli = await openCli(NOTHING)
  for (const words of [
    ['add', 'ann bob'],
    ['add', '-'],
    ['add', 'ann', '--role', 'root'],
    ['add', 'ann', '--days', '0'],
    ['revoke', 'nobody'],
  ])
    expect(await cli.here('operators', ...words)).toMatchObject({ code: 2 })
})

test('an origin with a path, or of another kind, is refused before anything is opened', async () => {
  const cli = await openCli(NOTHING)
  for (const origin of ['redrive.example', 'https://redrive.example/console', 'ftp://redrive.example'])
    expect(await cli.here('serve', '--operators', '--origin', origin)).toMatchObject({ code: 2 })
})

test('production is unlocked with the reason that was given, or the command itself, for no longer than its policy', async (context) => {
  const { cli } = await cliFixture(context, { source: { environment: 'production' } })
  const resolve = [
    'resolve',
    '--source',
    'orders',
    '--id',
    '1',
    '--reason',
    'INC-7: sent by hand',
    '--count',
    '1',
  ]
  await cli.here(...resolve)
  await cli.here('check-back', '--source', 'orders', '--once')
  const unlocks = (await cli.here('journal', 'list')).records.filter(
    ({ action }) => action === 'source-unlocked',
  )
  expect(unlocks.map(({ detail }) => (detail as { reason: string }).reason).toSorted()).toEqual([
    'INC-7: sent by hand',
    'redrive check-back --once',
  ])
})
