import { expect, test } from 'vitest'
import { defaultSweepPolicy } from '../../src-main/domain/sweep-policy.ts'
import { addFailed, cliFixture } from '../support/cli-fixture.ts'
import { redisPrefix } from '../support/redis.ts'

const CHECK = ['evidence', 'check', '--source', 'orders']
const DAY_SEC = 86_400

function evidenceOf(retentionSec: number | null) {
  return { table: 'public.inbox', messageId: 'message_id', processedAt: 'at', retentionSec }
}

test(
  'duplicates are harmless, or not, or it cannot be told: by exit code, by lines and as JSON',
  { timeout: 120_000 },
  async (context) => {
    const { cli, database, queue } = await cliFixture(context, { source: { evidence: evidenceOf(DAY_SEC) } })
    const away = await cli.plain(...CHECK)
    expect(away.code).toBe(1)
    expect(away.stdout).toContain('could not be asked (table-missing')
    expect(away.stdout).toContain('cannot be told')

    await database.sql('create table inbox (message_id text primary key, at timestamptz not null)')
    await addFailed(database, queue, 2)
    const harmless = await cli.plainHere(...CHECK)
    expect(harmless.stdout).toMatch(/^ok {6}unique {4}inbox_pkey \(message_id\) refuses the second row/)
    expect(harmless.stdout).toContain('duplicates are harmless (as public.inbox')
    expect(harmless.code).toBe(0)

    await database.sql(`update outbox_message set created_at = now() - interval '3 days'`)
    await database.sql('alter table inbox drop constraint inbox_pkey')
    const harmful = await cli.here(...CHECK)
    expect(harmful.code).toBe(3)
    expect(harmful.records.map(({ type, state, code }) => [type, state, code])).toEqual([
      ['finding', 'broken', 'dedupe.unique-none'],
      ['finding', 'broken', 'dedupe.age-over'],
      ['finding', 'ok', 'dedupe.clocks'],
      ['summary', undefined, undefined],
    ])
    expect(harmful.records.at(-1)).toMatchObject({ verdict: 'not-harmless', findings: 3, weak: 0 })
  },
)

test('without evidence nobody can tell; a source that is not there is a mistake', async (context) => {
  const { cli } = await cliFixture(context)
  const unmapped = await cli.here(...CHECK)
  expect(unmapped.code).toBe(1)
  expect(unmapped.records.at(-1)).toMatchObject({ verdict: 'unknown', where: null })
  expect((await cli.plainHere('evidence', 'check', '--source', 'nobody')).code).toBe(2)
})

test(
  'a sweep that retries for longer than proofs are kept, and keys of Redis that live too short',
  { timeout: 120_000 },
  async (context) => {
    const { redis, url, prefix } = await redisPrefix()
    await redis.set(`${prefix}:a`, new Date().toISOString(), 'EX', 600, 'NX')
    const usual = defaultSweepPolicy({ stuckAfterSec: 60, maxAttempts: 5 })
    const sweep = { ...usual, backoff: { ...usual.backoff, firstSec: 600 } }
    const evidence = { url, table: `${prefix}:{messageId}`, retentionSec: 3_600 }
    const { cli } = await cliFixture(context, { source: { evidence, sweep } })
    const { code, records } = await cli.here(...CHECK)
    expect(code).toBe(3)
    const broken = records.filter(({ state }) => state === 'broken').map((one) => one['code'])
    expect(broken).toContain('dedupe.short-lived')
    expect(broken).toContain('dedupe.retries-longer')
  },
)

test('a source that does not answer leaves untold what only it knows, and the rest is said', async (context) => {
  const { redis, url, prefix } = await redisPrefix()
  await redis.set(`${prefix}:a`, '1', 'EX', 3_600, 'NX')
  const evidence = { url, table: `${prefix}:{messageId}`, retentionSec: 3_600 }
  const gone = 'postgres://postgres@127.0.0.1:1/gone'
  const { cli } = await cliFixture(context, { source: { url: gone, evidence } })
  const { records } = await cli.here(...CHECK)
  const codes = records.map(({ state, code }) => `${String(state)} ${String(code)}`)
  expect(codes).toEqual(
    expect.arrayContaining([
      'ok dedupe.keys',
      'ok dedupe.lives',
      'unknown dedupe.age-unknown',
      'unknown dedupe.clocks-unknown',
    ]),
  )
  expect(records.at(-1)).not.toMatchObject({ verdict: 'harmless' })
})
