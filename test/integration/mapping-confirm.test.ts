import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Mapping } from '../../src-main/domain/mapping/mapping.ts'
import { openCli } from '../support/cli.ts'
import type { Cli, CliResult } from '../support/cli.ts'
import {
  ELSEWHERE,
  ELSEWHERE_DDL,
  NO_STATUS,
  NO_STATUS_DDL,
  TWO_STATUSES,
  TWO_STATUSES_DDL,
} from '../support/invented-layouts.ts'
import { testDatabase } from '../support/postgres.ts'
import { serverAddress } from '../support/postgres-server.ts'
import type { TestDatabase } from '../support/postgres-server.ts'

interface Scene {
  readonly cli: Cli
  readonly database: TestDatabase
  /** Writes the workspace anew with this mapping. */
  readonly map: (mapping: unknown) => Promise<void>
}

async function scene(ddl: string, table: string): Promise<Scene> {
  const database = await testDatabase({ empty: true })
  await database.sql(ddl)
  const workspace = (outbox: object): object => ({
    sources: {
      odd: {
        driver: 'postgres',
        url: database.url,
        password: { value: serverAddress().password },
        environment: 'development',
        outbox: { profile: 'auto', table, ...outbox },
        stuckAfterSec: 60,
        maxAttempts: 3,
      },
    },
    brokers: {},
  })
  const cli = await openCli(workspace({}))
  return {
    cli,
    database,
    map: async (mapping) => {
      await writeFile(join(cli.folder, 'mapping.json'), JSON.stringify(mapping))
      await writeFile(cli.workspaceFile, JSON.stringify(workspace({ mapping: { file: 'mapping.json' } })))
    },
  }
}

function source(cli: Cli, ...words: readonly string[]): Promise<CliResult> {
  return cli.here(...words, '--source', 'odd')
}

async function preview(cli: Cli): Promise<Record<string, unknown>> {
  const { records, stderr } = await source(cli, 'mapping', 'preview')
  expect(stderr).toBe('')
  return records[0]!
}

function retry(cli: Cli, ...ids: readonly string[]): Promise<CliResult> {
  return source(cli, 'retry', '--reason', 'the receiver was down', '--id', ...ids)
}

async function confirm(cli: Cli): Promise<CliResult> {
  return source(cli, 'mapping', 'confirm', '--digest', String((await preview(cli))['digest']))
}

const layouts = [
  ['two statuses', TWO_STATUSES_DDL, 'public.msg', TWO_STATUSES, '5', 'phase = 0'],
  ['no status', NO_STATUS_DDL, 'public.parcel', NO_STATUS, '["a","2"]', 'tries_max = 6'],
  [
    ...(['payload elsewhere', ELSEWHERE_DDL, 'public.note', ELSEWHERE] as const),
    ...(['00000000-0000-0000-0000-000000000002', "state = 'new' and class = 'Paid'"] as const),
  ],
] as const

test.each(layouts)(
  '%s: detected, previewed, confirmed, retried',
  async (_, ddl, table, mapping, id, after) => {
    const { cli, database, map } = await scene(ddl, table)
    const detected = await source(cli, 'sources', 'detect')
    expect(detected.code, detected.stderr).toBe(0)
    const candidate = detected.records.find((one) => one['table'] === table)!
    expect(candidate).toMatchObject({ profile: null, writes: 'needs-confirmation' })
    expect(candidate['score']).toBeGreaterThan(0.3)
    expect(candidate['score']).toBeLessThanOrEqual(0.85)
    expect((candidate['reasons'] as readonly string[]).length).toBeGreaterThan(5)
    const scores = detected.records.map((one) => Number(one['score']))
    expect(scores).toEqual([...scores].sort((a, b) => b - a))

    await map(mapping)
    const count = async (): Promise<string> =>
      (await database.sql(`select count(*) as n from ${table} where ${after}`))[0]!['n']!
    const before = await count()
    const early = await retry(cli, id)
    expect(early.code).toBe(2)
    expect(early.records).toMatchObject([{ type: 'error', code: 'mapping-unconfirmed' }])
    const resolved = await source(cli, 'resolve', '--reason', 'x', '--id', id)
    expect(resolved.records).toMatchObject([{ type: 'error', code: 'mapping-unconfirmed' }])
    expect(await count()).toBe(before)

    const seen = await preview(cli)
    expect(seen).toMatchObject({ unsafe: [], confirmed: null, profile: mapping.profile })
    const states = seen['states'] as readonly { state: string; count: number; sql: string | null }[]
    expect(
      states.filter(({ count: rows }) => rows > 0).every(({ sql }) => sql === null || sql.includes('select')),
    ).toBe(true)
    const [handBack] = seen['actions'] as readonly {
      rows: readonly { id: string; applied: boolean }[]
      sql: string
    }[]
    expect(handBack!.rows.find((row) => row.id === id)).toMatchObject({ applied: true, risks: [] })
    expect(handBack!.sql).toMatch(/^update /)
    expect(await count(), 'a preview changes nothing').toBe(before)

    const wrong = await source(cli, 'mapping', 'confirm', '--digest', '0'.repeat(64))
    expect(wrong.records).toMatchObject([{ type: 'error', code: 'mapping-digest-mismatch' }])
    const confirmed = await confirm(cli)
    expect(confirmed.code, confirmed.stdout).toBe(0)
    expect(confirmed.records).toMatchObject([{ actions: ['retry', 'resolve'] }])

    const done = await retry(cli, id)
    expect(done.records, done.stdout).toEqual([{ id, applied: true, code: null }])
    expect(await count()).toBe(String(Number(before) + 1))
    const journal = await cli.here('journal', 'list', '--source', 'odd')
    const actions = journal.records.map((one) => one['action'])
    expect(actions).toEqual(expect.arrayContaining(['mapping-confirmed', 'retry-intended', 'retried']))

    // A framework's new column may be one that a retry has to set.
    await database.sql(`alter table ${table} add column locked_by text`)
    const drifted = await retry(cli, id)
    expect(drifted.records).toMatchObject([{ code: 'mapping-unconfirmed' }])
    expect(String((drifted.records[0]!['detail'] as { reason: string }).reason)).toContain(
      'not the one that was confirmed',
    )
    const changed: Mapping = { ...mapping, about: 'edited' }
    await map(changed)
    expect((await retry(cli, id)).records).toMatchObject([{ code: 'mapping-unconfirmed' }])
  },
)

test('a proposed mapping whose words tell all is confirmed and retried as it is, each step in a process of its own', async () => {
  const { cli: command, database, map } = await scene(ELSEWHERE_DDL, 'public.note')
  const cli: Cli = { ...command, here: command.json }
  const detected = await source(cli, 'sources', 'detect')
  const { mapping } = detected.records.find((one) => one['table'] === 'public.note') as { mapping: Mapping }
  expect(mapping).toMatchObject({
    key: 'uid',
    type: 'class',
    payload: { value: { of: 'content', value: { column: 'raw' } }, encoding: 'bytea' },
    companions: { content: { table: 'store.doc' } },
    columns: { at_iso: { time: 'iso' } },
    states: [
      { state: 'failed', when: { column: 'state', equals: 'bad' } },
      { state: 'pending', when: { column: 'state', equals: 'new' } },
    ],
  })
  await map(mapping)
  expect((await confirm(cli)).code).toBe(0)
  const id = '00000000-0000-0000-0000-000000000002'
  expect((await retry(cli, id)).records).toEqual([{ id, applied: true, code: null }])
  expect(await database.sql('select state from note where uid = $1', [id])).toEqual([{ state: 'new' }])
})

test('what an integer means is not guessed: its codes stay unknown and nothing is offered to write', async () => {
  const { cli } = await scene(TWO_STATUSES_DDL, 'public.msg')
  const detected = await source(cli, 'sources', 'detect')
  const { mapping, reasons } = detected.records.find((one) => one['table'] === 'public.msg') as {
    mapping: Mapping
    reasons: readonly string[]
  }
  expect(mapping.states).toEqual([{ state: 'failed', when: { column: 'is_dead', equals: true } }])
  expect(mapping.retry).toBeUndefined()
  expect(mapping.columns).toMatchObject({
    touched: { time: 'epoch-ms', none: [0] },
    is_dead: { truth: ['Y', 'N'] },
    removed: { truth: [1, 0] },
  })
  expect(reasons.filter((one) => one.includes('phase')).length).toBe(3)
  expect(reasons.join('\n')).toContain('nothing in')
})

const DEAD = `
  create table msg (id bigint primary key, msg_key text not null, phase smallint, is_dead char(1), removed smallint,
    tries int, topic text, body text, created timestamp, touched bigint, err text, purge_at timestamptz, next_at timestamptz);
  insert into msg values (1, 'dead', 1, 'Y', 0, 5, 't', 'b', now(), 0, null, now() - interval '1 hour', 'infinity')`

test.each([
  ['fails-again', {}, { is_dead: false, phase: 0 }, 'attempts stay used up'],
  ['purged', { purge: 'purge_at' }, { is_dead: false, phase: 0, tries: 1 }, 'time to be purged'],
  [
    'waits',
    { nextAttempt: 'next_at' },
    { is_dead: false, phase: 0, tries: 1 },
    'next attempt lies in the future',
  ],
  ['not-picked-up', {}, { is_dead: false, tries: 1 }, 'no state that its relay picks up'],
] as const)('a retry that leaves a row where it %s cannot be confirmed', async (risk, times, set, words) => {
  const { cli, database, map } = await scene(DEAD, 'public.msg')
  const mapping = (all: object): unknown => ({
    ...TWO_STATUSES,
    times: { ...TWO_STATUSES.times, ...times },
    retry: { set: all },
  })
  await map(mapping(set))
  const seen = await preview(cli)
  expect(seen['actions']).toMatchObject([{ action: 'retry', risks: [risk] }, { action: 'resolve' }])
  const refused = await confirm(cli)
  expect(refused.code).toBe(2)
  expect(refused.records).toMatchObject([{ code: 'mapping-unsafe' }])
  expect(String((refused.records[0]!['detail'] as { problem: string }).problem)).toContain(words)
  expect((await retry(cli, '1')).records).toMatchObject([{ code: 'mapping-unconfirmed' }])

  const whole = { is_dead: false, phase: 0, tries: 1, purge_at: null, next_at: { is: 'now' } }
  await map(mapping(whole))
  expect((await confirm(cli)).code, 'complete, it can').toBe(0)
  expect((await retry(cli, '1')).records).toEqual([{ id: '1', applied: true, code: null }])
  expect(await database.sql('select phase, tries from msg')).toEqual([{ phase: '0', tries: '1' }])
})

test('a confirmation named a resend that the layout refuses', async () => {
  const { cli, map } = await scene(TWO_STATUSES_DDL, 'public.msg')
  await map(TWO_STATUSES)
  const refused = (await preview(cli))['refusals'] as readonly { readonly action: string }[]
  expect(refused.map(({ action }) => action)).toContain('resend')
  expect((await confirm(cli)).records).toMatchObject([{ actions: ['retry', 'resolve'] }])
  const { records } = await cli.here('journal', 'list', '--source', 'odd')
  expect(records[0]).toMatchObject({
    action: 'mapping-confirmed',
    detail: { actions: ['retry', 'resolve'] },
  })
})

test('an action that no row could show is not confirmed with the rest; an empty table cannot be', async () => {
  const { cli, database, map } = await scene(TWO_STATUSES_DDL, 'public.msg')
  await database.sql(`delete from msg where id not in (1, 3)`)
  await map(TWO_STATUSES)
  expect((await confirm(cli)).records).toMatchObject([{ actions: ['resolve'] }])
  await database.sql(`update msg set is_dead = 'Y' where id = 1`)
  const refused = await retry(cli, '1')
  expect(refused.records).toMatchObject([{ code: 'mapping-unconfirmed' }])
  expect(String((refused.records[0]!['detail'] as { reason: string }).reason)).toContain('no row')
  expect((await confirm(cli)).records).toMatchObject([{ actions: ['retry', 'resolve'] }])
  expect((await retry(cli, '1')).records).toEqual([{ id: '1', applied: true, code: null }])
  await database.sql('delete from msg')
  const empty = await preview(cli)
  expect(empty['unsafe']).toMatchObject([{ problem: 'there is no row on which it could be shown' }])
})
