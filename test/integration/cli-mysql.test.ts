import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Mapping } from '../../src-main/domain/mapping/mapping.ts'
import { addMysqlFailed, mysqlCliFixture } from '../support/cli-fixture.ts'
import type { CliFixture } from '../support/cli-fixture.ts'
import type { CliResult } from '../support/cli.ts'
import { mariadbPassword } from '../support/mariadb.ts'
import { addMysqlRows, mysqlDatabase } from '../support/mysql.ts'

/** Some twelve commands, each of which opens everything anew. */
const EACH_MS = 120_000

function run({ cli }: CliFixture, ...words: readonly string[]): Promise<CliResult> {
  return cli.here(...words, '--source', 'orders')
}

async function done(fixture: CliFixture, ...words: readonly string[]): Promise<CliResult['records']> {
  const { code, stdout, stderr, records } = await run(fixture, ...words)
  expect(code, `${words.join(' ')}\n${stdout}${stderr}`).toBe(0)
  return records
}

/** Gives the source this outbox, in the workspace file. */
async function outboxIs({ cli }: CliFixture, outbox: object): Promise<void> {
  const workspace = JSON.parse(await readFile(cli.workspaceFile, 'utf8')) as {
    sources: Record<string, { outbox: object }>
  }
  workspace.sources['orders']!.outbox = { profile: 'auto', ...outbox }
  await writeFile(cli.workspaceFile, JSON.stringify(workspace))
}

test(
  'on MariaDB: tested, detected, listed, planned, resent, resolved and swept, and each step is in the journal',
  async (context) => {
    const fixture = await mysqlCliFixture(context)
    const { cli, database, broker, queue } = fixture
    const [source] = await done(fixture, 'sources', 'test')
    expect(source).toMatchObject({ ok: true, role: 'primary', profile: 'redrive-reference', indexed: true })
    expect(source!['serverVersion']).toMatch(/^MariaDB \d/)
    expect((await cli.plain('sources', 'test', '--source', 'orders')).stdout).toMatch(/^server +MariaDB \d/m)
    const table = `${database.name}.outbox_message`
    expect(await done(fixture, 'sources', 'detect')).toMatchObject([
      { profile: 'redrive-reference', table, score: 1, writes: 'allowed' },
    ])

    const ids = await addMysqlFailed(database, queue, 6)
    const listed = await done(fixture, 'messages', 'list', '--trouble', 'failed', '--limit', '10')
    expect(listed.slice(0, 6)).toMatchObject(ids.map((id) => ({ id, state: 'failed', attempts: 3 })))
    expect(await done(fixture, 'messages', 'show', '--id', ids[0]!)).toMatchObject([
      { id: ids[0], payload: '{"order":0,"note":"päckchen"}' },
    ])

    const resolved = await done(fixture, 'resolve', '--id', ids[5]!, '--reason', 'sent by hand')
    expect(resolved).toMatchObject([{ id: ids[5], applied: true }])
    const file = join(cli.folder, 'plan.ndjson')
    const [plan] = await done(fixture, 'plan', 'resend', '--trouble', 'failed', '--out', file)
    expect(plan).toMatchObject({ items: 5 })
    const sent = await cli.json('run', file, '--confirm', String(plan!['digest']))
    expect(sent.code, sent.stdout).toBe(0)
    expect((await broker.drain(queue)).length).toBe(5)

    await addMysqlRows(
      database,
      [1, 2, 3].map(() => ({ routing_key: queue, created_at: '2026-01-02 03:04:05' })),
    )
    await done(fixture, 'sweep', '--once')
    expect((await broker.drain(queue)).length).toBe(3)
    const states = await database.sql('select status, count(*) as n from outbox_message group by status')
    expect(Object.fromEntries(states.map((row) => [row['status'], row['n']]))).toEqual({
      failed: '1',
      sent: '8',
    })
    expect((await cli.here('journal', 'verify')).code).toBe(0)
  },
  EACH_MS,
)

const ODD: Mapping = {
  profile: 'odd',
  key: 'id',
  messageId: 'msg_key',
  type: { text: 'Order' },
  destination: { kind: 'kafka', exchange: 'topic' },
  payload: { value: 'body', encoding: 'text' },
  times: { created: 'created', updated: 'touched' },
  attempts: { value: 'tries', startsAt: 1, limit: 4 },
  lastError: 'err',
  columns: {
    created: { time: 'local', zone: 'Asia/Shanghai', none: ['1970-01-01 00:00:00'] },
    touched: { time: 'epoch-ms', none: [0] },
    is_dead: { truth: ['Y', 'N'] },
  },
  states: [
    { state: 'sent', when: { column: 'phase', equals: 2 } },
    { state: 'failed', when: { column: 'is_dead', equals: true } },
    { state: 'pending', when: { column: 'phase', equals: 0 } },
  ],
  sentRows: 'kept',
  relay: { model: 'poller' },
  retry: {
    from: ['failed'],
    set: { is_dead: false, phase: 0, tries: 1, touched: { is: 'now' }, err: null },
    never: ['body', 'msg_key'],
  },
  resolve: { set: { phase: 2, is_dead: false, touched: { is: 'now' }, err: { is: 'token' } } },
}

const ODD_DDL = `create table msg (id bigint primary key, msg_key varchar(40) not null, phase tinyint(1) not null,
    is_dead char(1) not null default 'N', tries int not null default 1, topic varchar(20), body text,
    created datetime not null, touched bigint not null default 0, err text);
  insert into msg values (1, 'new', 0, 'N', 1, 'orders', 'a', now(), 0, null), (2, 'done', 2, 'N', 1, 'orders', 'b', now(), 1767312000000, null),
    (5, 'dead', 1, 'Y', 5, 'pay', 'e', '1970-01-01', 0, 'refused')`

test(
  'a layout that nobody knows, on MariaDB: proposed, checked, explained, previewed, confirmed, retried, and read-only when it drifts',
  async (context) => {
    const fixture = await mysqlCliFixture(context, { empty: true })
    const { cli, database } = fixture
    await database.sql(ODD_DDL)
    await database.sql('create table customers (id int primary key, email text)')
    const table = `${database.name}.msg`
    const [candidate, ...others] = await done(fixture, 'sources', 'detect')
    expect(others).toEqual([])
    expect(candidate).toMatchObject({ profile: null, table, writes: 'needs-confirmation' })
    expect(candidate!['mapping']).toMatchObject({
      key: 'id',
      payload: { value: 'body' },
      states: [{ state: 'failed', when: { column: 'is_dead', equals: true } }],
      columns: {
        created: { time: 'utc' },
        touched: { time: 'epoch-ms', none: [0] },
        is_dead: { truth: ['Y', 'N'] },
      },
    })

    await writeFile(join(cli.folder, 'odd.json'), JSON.stringify(ODD))
    await outboxIs(fixture, { table, mapping: { file: 'odd.json' } })
    expect(await done(fixture, 'mapping', 'check')).toMatchObject([{ table, profile: 'odd', drift: null }])
    const explained = await done(fixture, 'mapping', 'explain')
    expect(explained.map(({ name }) => name)).toEqual([
      ...[
        'list sent',
        'list failed',
        'list pending',
        'lock for retry',
        'retry',
        'lock for resolve',
        'resolve',
      ],
    ])
    expect(explained.filter(({ plan }) => (plan as readonly string[]).length === 0)).toEqual([])
    expect(JSON.stringify(explained[0]!['warnings'])).toContain('no index serves it')

    const early = await run(fixture, 'retry', '--reason', 'x', '--id', '5')
    expect(early.records).toMatchObject([{ type: 'error', code: 'mapping-unconfirmed' }])
    const [preview] = await done(fixture, 'mapping', 'preview')
    expect(preview).toMatchObject({ unsafe: [], confirmed: null, profile: 'odd' })
    const [handBack] = preview!['actions'] as readonly { rows: readonly object[]; sql: string }[]
    expect(handBack!.rows).toMatchObject([{ id: '5', applied: true, risks: [] }])
    expect(handBack!.sql).toMatch(/^update /)
    expect(await database.sql('select phase from msg where id = 5')).toEqual([{ phase: '1' }])
    const digest = String(preview!['digest'])
    const wrong = await run(fixture, 'mapping', 'confirm', '--digest', '0'.repeat(64))
    expect(wrong.records).toMatchObject([{ code: 'mapping-digest-mismatch' }])
    await done(fixture, 'mapping', 'confirm', '--digest', digest)

    const retried = await done(fixture, 'retry', '--reason', 'the receiver was down', '--id', '5')
    expect(retried).toEqual([{ id: '5', applied: true, code: null }])
    const [row] = await database.sql('select phase, is_dead, tries, err from msg where id = 5')
    expect(row).toEqual({ phase: '0', is_dead: 'N', tries: '1', err: null })
    await database.sql('alter table msg add column locked_by text')
    const drifted = await run(fixture, 'resolve', '--reason', 'x', '--id', '1')
    expect(drifted.records).toMatchObject([{ code: 'mapping-unconfirmed' }])
  },
  EACH_MS,
)

test(
  'tables with a dot in their names, as CAP makes them on MySQL, are detected under a name that opens them',
  async (context) => {
    const fixture = await mysqlCliFixture(context, { empty: true })
    const { database } = fixture
    const table = (name: string, more: string): string =>
      `create table \`${name}\` (Id bigint not null primary key, Version varchar(20), Name varchar(200) not null, ${more}
        Content longtext, Retries int, Added datetime not null, ExpiresAt datetime, StatusName varchar(40) not null)`
    await database.sql(`${table('cap.published', '')}; ${table('cap.received', '\`Group\` varchar(200),')}`)
    await database.sql(
      `insert into \`cap.published\` values (7, 'v1', 'order.paid', '{"Headers": {"cap-msg-id": "7"}, "Value": {}}', 50,
        '2026-01-02 03:04:05', null, 'Failed')`,
    )
    const found = await done(fixture, 'sources', 'detect')
    const candidate = found.find(({ profile }) => profile === 'cap')
    expect(candidate).toMatchObject({
      table: `${database.name}."cap.published"`,
      writes: 'needs-confirmation',
    })
    // The detected mapping names its companion in full: it opens from wherever it is written.
    expect(JSON.stringify(candidate!['mapping'])).toContain(`\\"cap.received\\"`)
    await outboxIs(fixture, { table: candidate!['table'], mapping: candidate!['mapping'] })
    const [preview] = await done(fixture, 'mapping', 'preview')
    await done(fixture, 'mapping', 'confirm', '--digest', String(preview!['digest']))
    expect(await done(fixture, 'retry', '--reason', 'again', '--id', '7')).toMatchObject([{ applied: true }])
    expect(await database.sql('select StatusName as s, Retries as r from `cap.published`')).toEqual([
      { s: 'Scheduled', r: '0' },
    ])
  },
  EACH_MS,
)

test(
  'evidence of an inbox in another database of MariaDB; what only PostgreSQL can be asked is refused by name',
  async (context) => {
    const elsewhere = await mysqlDatabase({ empty: true })
    const fixture = await mysqlCliFixture(context, {
      source: {
        evidence: {
          url: elsewhere.url,
          password: { value: mariadbPassword() },
          ...{ table: 'inbox', messageId: 'message_id', processedAt: 'at', retentionSec: null },
          columns: { at: { time: 'utc' } },
        },
        outbox: {
          profile: 'auto',
          table: 'outbox_message',
          fingerprint: { fields: ['type'], windowSec: 60 },
        },
      },
    })
    const { cli, database, queue } = fixture
    await elsewhere.sql('create table inbox (message_id varchar(255) primary key, at datetime(6) not null)')
    const ids = await addMysqlFailed(database, queue, 4)
    const [first] = await database.sql('select message_id as m from outbox_message where id = ?', [ids[0]])
    await elsewhere.sql('insert into inbox values (?, utc_timestamp(6))', [first!['m']])
    const out = join(cli.folder, 'plan.ndjson')
    const [plan] = await done(fixture, 'plan', 'resend', '--trouble', 'failed', '--out', out)
    expect(plan).toMatchObject({ items: 3, skipped: 1, evidence: { consumed: 1, notSeen: 3 } })
    const places = await run(fixture, 'audit', '--places')
    expect(places.records.at(-1)).toMatchObject({ type: 'summary', messages: 4, consumed: 1 })

    const audit = await cli.plainHere('audit', '--source', 'orders')
    expect(audit.code).toBe(1)
    expect(audit.stdout + audit.stderr).toContain('chain-audit-unavailable')
    expect(audit.stdout + audit.stderr).toContain('--places')
    const events = await cli.plainHere('audit', '--source', 'orders', '--fingerprints')
    expect(events.code).toBe(1)
    expect(events.stdout + events.stderr).toContain('only outboxes in PostgreSQL can be searched')
  },
  EACH_MS,
)
