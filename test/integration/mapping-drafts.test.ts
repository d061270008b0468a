import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createRouterClient } from '@orpc/server'
import { calling } from '../support/callers.ts'
import { expect, test } from 'vitest'
import type { Mapping } from '../../src-main/domain/mapping/mapping.ts'
import type { MappingDraft } from '../../src-preload/contract/mapping-shapes.ts'
import { composedEngine } from '../support/composed-engine.ts'
import { TWO_STATUSES, TWO_STATUSES_DDL } from '../support/invented-layouts.ts'
import { testDatabase } from '../support/postgres.ts'
import { serverAddress } from '../support/postgres-server.ts'
import { scratchFolder } from '../support/scratch.ts'

const source = 'odd'
const retryOf = (set: object): Mapping => ({ ...TWO_STATUSES, retry: { from: ['failed'], set: { ...set } } })
const draft = (mapping: unknown): MappingDraft => ({
  table: 'public.msg',
  mapping: mapping as MappingDraft['mapping'],
})

async function scene(environment: string, outbox: object = {}) {
  const database = await testDatabase({ empty: true })
  await database.sql(TWO_STATUSES_DDL)
  const folder = await scratchFolder()
  const path = join(folder, 'redrive.json')
  const odd = {
    ...{ driver: 'postgres', url: database.url, password: { value: serverAddress().password }, environment },
    ...{
      outbox: { profile: 'auto', table: 'public.nothing_yet', ...outbox },
      stuckAfterSec: 60,
      maxAttempts: 3,
    },
  }
  await writeFile(path, JSON.stringify({ sources: { odd }, brokers: {} }))
  await writeFile(join(folder, 'mapping.json'), JSON.stringify(TWO_STATUSES))
  const { router } = await composedEngine(folder)
  const client = createRouterClient(router, calling())
  const saved = async (): Promise<{ table: string; mapping?: unknown }> => {
    const text = await readFile(path, 'utf8')
    return (JSON.parse(text) as { sources: { odd: { outbox: { table: string } } } }).sources.odd.outbox
  }
  return { client, database, saved }
}
const refusal = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'done',
    (error: { data?: { code: string }; message?: string }) => error.data?.code ?? error.message ?? 'failed',
  )

test('a draft is looked at without touching the workspace, and saved only as it was seen', async () => {
  const { client, database, saved } = await scene('production')
  expect((await client.mappings.tables({ source })).tables).toMatchObject([
    { name: 'public.msg', looksLikeOutbox: true, keys: [['id']] },
  ])
  const whole = draft(TWO_STATUSES)
  const seen = await client.mappings.preview({ source, draft: whole })
  expect(seen).toMatchObject({ table: 'public.msg', confirmed: null, before: null, unsafe: [] })
  expect(seen.statements.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['list failed', 'retry', 'resolve']),
  )
  expect(seen.refusals.map(({ action }) => action)).toContain('resend')
  expect(await saved()).toEqual({ profile: 'auto', table: 'public.nothing_yet' })

  const asked = { source, draft: whole, digest: seen.digest, confirm: true, typedName: null }
  expect(await refusal(client.mappings.save(asked))).toBe('name-not-typed')
  const typed = { ...asked, typedName: source }
  expect(await refusal(client.mappings.save({ ...typed, digest: '0'.repeat(64) }))).toBe(
    'mapping-digest-mismatch',
  )
  // A status alone leaves its attempts used up: not even for reading.
  const half = draft(retryOf({ is_dead: false, phase: 0 }))
  const { digest, unsafe } = await client.mappings.preview({ source, draft: half })
  expect(unsafe).toMatchObject([{ problem: { say: 'unsafe.fails-again' } }])
  for (const confirm of [true, false])
    expect(await refusal(client.mappings.save({ ...typed, draft: half, digest, confirm }))).toBe(
      'mapping-unsafe',
    )
  expect(await saved()).toEqual({ profile: 'auto', table: 'public.nothing_yet' })

  const { confirmed } = await client.mappings.save(typed)
  expect(confirmed).toMatchObject({ source, digest: seen.digest, actions: ['retry', 'resolve'] })
  expect(await saved()).toMatchObject({
    table: 'public.msg',
    profile: 'two-statuses',
    mapping: { key: 'id' },
  })
  const { entries } = await client.journal.list({ source, order: 'oldest', cursor: null, limit: 10 })
  expect(entries.map(({ action }) => action)).toEqual(['workspace-changed', 'mapping-confirmed'])
  expect(await database.sql('select phase from msg where id = 5'), 'looking changes nothing').toEqual([
    { phase: '1' },
  ])
})

test('what changed since it was confirmed is called by its name, and the source is locked', async () => {
  const { client, database } = await scene('development', {
    table: 'public.msg',
    mapping: { file: 'mapping.json' },
  })
  expect(await client.mappings.current({ source })).toMatchObject({
    ...{ table: 'public.msg', file: 'mapping.json' },
    mapping: { profile: 'two-statuses' },
  })
  const { digest } = await client.mappings.preview({ source })
  await client.mappings.save({ source, draft: draft(TWO_STATUSES), digest, confirm: true, typedName: null })
  expect((await client.mappings.current({ source })).file, 'unchanged, it stays in its file').toBe(
    'mapping.json',
  )
  await client.connections.unlock({ source, minutes: 5, typedName: null })
  const unlocked = async (): Promise<boolean> =>
    typeof (await client.connections.list({})).sources[0]?.unlockedUntil === 'string'
  expect(await unlocked()).toBe(true)

  await database.sql('alter table msg add column locked_by text')
  const drifted = await client.mappings.preview({ source })
  expect(drifted).toMatchObject({ confirmed: null, before: { digest, changed: ['table'] } })
  expect(await unlocked()).toBe(false)
  expect(await refusal(client.connections.unlock({ source, minutes: 5, typedName: null }))).toBe(
    'mapping-unconfirmed',
  )

  await client.mappings.confirm({ source, digest: drifted.digest ?? '' })
  const edited = draft({ ...TWO_STATUSES, about: 'edited' })
  expect((await client.mappings.preview({ source, draft: edited })).before).toMatchObject({
    changed: ['mapping'],
  })
})

test('every fault of a mapping is told with its place; one that is none is not looked at', async () => {
  const { client } = await scene('development')
  const faulty = {
    ...TWO_STATUSES,
    key: 7,
    columns: { created: { time: 'local' } },
    states: [{ state: 'gone', when: {} }],
  }
  const places = async (mapping: unknown): Promise<string[]> =>
    (await client.mappings.problems({ mapping: mapping as never })).problems.map(({ at }) => at)
  expect(await places(faulty)).toEqual(expect.arrayContaining(['key', 'states[0].state']))
  expect(await places({ ...TWO_STATUSES, columns: { created: { time: 'local' } } })).toContain(
    'columns.created',
  )
  expect(await places(TWO_STATUSES)).toEqual([])
  expect(await refusal(client.mappings.preview({ source, draft: draft(faulty) }))).toBe('mapping-invalid')
  const picked = await client.mappings.detect({ source, table: 'public.msg' })
  expect(picked.candidates).toMatchObject([{ profile: null, table: 'public.msg' }])
})
