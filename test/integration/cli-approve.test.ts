import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { TestContext } from 'vitest'
import { addFailed, cliFixture } from '../support/cli-fixture.ts'
import type { CliFixture } from '../support/cli-fixture.ts'

const VARIABLE = 'REDRIVE_KEY_PASSPHRASE'
beforeEach(() => {
  process.env[VARIABLE] = 'quite long enough'
})
afterEach(() => {
  delete process.env[VARIABLE]
})

interface Guarded extends CliFixture {
  readonly at: (name: string) => string
  readonly digest: string
}

/** A plan of 12 messages where more than 10 need a second person: mei, whose key is `mei.key`. */
async function guarded(context: TestContext): Promise<Guarded> {
  const fixture = await cliFixture(context)
  const { cli, database, queue } = fixture
  const at = (name: string): string => join(cli.folder, name)
  const made = await cli.here('approve', 'keygen', '--out', at('mei.key'))
  expect(made).toMatchObject({ code: 0, records: [{ type: 'key' }] })
  const { publicKey } = made.records[0] as { publicKey: string }
  const workspace = JSON.parse(await readFile(cli.workspaceFile, 'utf8')) as object
  const policies = { development: { approval: { above: 10, approvers: { mei: { publicKey } } } } }
  await writeFile(cli.workspaceFile, JSON.stringify({ ...workspace, policies }))
  await addFailed(database, queue, 12)
  const plan = await cli.here(
    ...['plan', 'resend', '--source', 'orders', '--trouble', 'failed', '--out', at('plan.ndjson')],
  )
  expect(plan).toMatchObject({ code: 0 })
  return { ...fixture, at, digest: String(plan.records[0]!['digest']) }
}

test('a key is for its owner, encrypted, and never written over', async (context) => {
  const { cli, at } = await guarded(context)
  expect((await stat(at('mei.key'))).mode & 0o777).toBe(0o600)
  expect(await readFile(at('mei.key'), 'utf8')).toContain('BEGIN ENCRYPTED PRIVATE KEY')
  expect(await cli.here('approve', 'keygen', '--out', at('mei.key'))).toMatchObject({ code: 2 })
  process.env[VARIABLE] = 'short'
  expect(await cli.here('approve', 'keygen', '--out', at('other.key'))).toMatchObject({ code: 2 })
})

test('a plan above the limit needs the approval of a second person, from file to file', async (context) => {
  const { cli, at, digest, broker, queue } = await guarded(context)
  const run = (...more: string[]) => cli.here('run', at('plan.ndjson'), '--confirm', digest, ...more)
  expect(await run()).toMatchObject({ code: 2, records: [{ type: 'error', code: 'approval-required' }] })
  const words = ['approve', at('plan.ndjson'), '--key', at('mei.key'), '--as', 'mei', '--out', at('yes.json')]
  expect(await cli.here(...words)).toMatchObject({ code: 2, records: [{ code: 'count-not-typed' }] })
  expect(await cli.here(...words, '--count', '11')).toMatchObject({ code: 2 })
  expect(await cli.here(...words, '--count', '12')).toMatchObject({
    code: 0,
    records: [{ type: 'approval', items: 12, digest, approver: 'mei', operation: 'resend' }],
  })
  expect(await broker.count(queue)).toBe(0)
  const done = await run('--approval', at('yes.json'))
  expect(done).toMatchObject({ code: 0 })
  expect(done.records.at(-1)).toMatchObject({ type: 'summary', confirmed: 12, state: 'done' })
  const journal = await cli.here('journal', 'list', '--order', 'oldest')
  const actions = journal.records.map(({ action }) => action)
  expect(actions).toEqual(expect.arrayContaining(['approval-refused', 'approval-given', 'approval-used']))
})

test('what the approver reads names what, where and who, and a changed plan file is not signed', async (context) => {
  const { cli, at, queue } = await guarded(context)
  const words = ['--key', at('mei.key'), '--as', 'mei', '--count', '12']
  const shown = await cli.plainHere('approve', at('plan.ndjson'), ...words, '--out', at('yes.json'))
  expect(shown.code).toBe(0)
  expect(shown.stdout).toMatch(/^messages +12$/m)
  expect(shown.stdout).toMatch(/^of +orders$/m)
  expect(shown.stdout).toMatch(/^made by +\S+/m)
  expect(shown.stdout).toContain(`12 to /${queue}`)
  const text = await readFile(at('plan.ndjson'), 'utf8')
  await writeFile(at('plan.ndjson'), text.replace(queue, 'elsewhere'))
  expect(await cli.here('approve', at('plan.ndjson'), ...words, '--out', at('no.json'))).toMatchObject({
    code: 2,
    records: [{ code: 'plan-digest-mismatch' }],
  })
})

test('nobody signs their own plan, and a key that the workspace does not name is none', async (context) => {
  const { cli, at, digest } = await guarded(context)
  const header = JSON.parse((await readFile(at('plan.ndjson'), 'utf8')).split('\n')[0]!) as {
    createdBy: string
  }
  const own = [
    'approve',
    at('plan.ndjson'),
    '--key',
    at('mei.key'),
    '--as',
    header.createdBy,
    '--count',
    '12',
  ]
  expect(await cli.here(...own, '--out', at('own.json'))).toMatchObject({
    code: 2,
    records: [{ code: 'approval-invalid' }],
  })
  await cli.here('approve', 'keygen', '--out', at('own.key'))
  const forged = ['approve', at('plan.ndjson'), '--key', at('own.key'), '--as', 'mei', '--count', '12']
  expect(await cli.here(...forged, '--out', at('forged.json'))).toMatchObject({ code: 0 })
  const run = await cli.here('run', at('plan.ndjson'), '--confirm', digest, '--approval', at('forged.json'))
  expect(run).toMatchObject({ code: 2, records: [{ code: 'approval-invalid' }] })
})
