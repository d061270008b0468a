import { readdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import { parseAddress } from '../../src-main/adapters/outbox-sqlite/address.ts'
import { openSqliteSurvey } from '../../src-main/adapters/outbox-sqlite/survey.ts'
import { epochToUtc, toUtc, toZone } from '../../src-main/adapters/outbox-sqlite/zones.ts'
import { RedriveError } from '../../src-main/domain/errors.ts'
import type { Mapping } from '../../src-main/domain/mapping/mapping.ts'
import { due, idsIn, nextToken, OLD, RULE } from '../conformance/outbox-due.ts'
import { codeOf, query, signal, versions } from '../conformance/outbox-fixture.ts'
import { addSqliteRows, openSqlite, sqliteFile } from '../support/sqlite.ts'

const old = new Date(Date.now() - OLD.createdSecAgo * 1_000).toISOString().replace('T', ' ').replace('Z', '')

/** A service that holds the one lock that a file has. */
function lockFile(path: string): { release(): void } {
  const db = new Database(path)
  db.exec('begin immediate')
  const release = (): void => {
    if (db.inTransaction) db.exec('rollback')
    db.close()
  }
  return { release }
}

test('a claim waits while the service writes, and looking does not', async () => {
  const file = await sqliteFile()
  addSqliteRows(file, [{ created_at: old }])
  const outbox = await openSqlite(file)
  const lock = lockFile(file.path)
  const claiming = due(outbox)
  expect((await outbox.list(query({}), signal())).messages).toHaveLength(1)
  let claimed = false
  void claiming.then(() => (claimed = true))
  await sleep(200)
  expect(claimed).toBe(false)
  lock.release()
  expect(await claiming).toHaveLength(1)
})

test('a file that stays locked is told as something that may pass, and nothing has happened', async () => {
  const file = await sqliteFile()
  const [id] = addSqliteRows(file, [{ created_at: old }])
  const outbox = await openSqlite(file)
  const lock = lockFile(file.path)
  onTestFinished(() => lock.release())
  const error = await due(outbox).then(
    () => expect.fail('it should have been refused'),
    (reason: unknown) => reason as RedriveError,
  )
  expect([error.code, error.retry]).toEqual(['query-timeout', 'later'])
  expect(error.detail['reason']).toMatch(/another process has held the file for more than 5 seconds/)
  lock.release()
  expect(await outbox.read([id!], signal())).toMatchObject([{ state: 'pending', attempts: 0 }])
})

test('looking changes nothing of the file, and says how it is kept', async () => {
  for (const journal of ['wal', 'delete'] as const) {
    const file = await sqliteFile({ journal })
    addSqliteRows(file, [{ created_at: old }])
    const outbox = await openSqlite(file)
    const { facts, serverVersion, privileges } = await outbox.report(signal())
    expect(serverVersion).toMatch(/^SQLite 3\.\d+/)
    expect(privileges).toEqual({ select: true, update: true })
    expect(facts!.map(({ say }) => say)).toEqual([
      journal === 'wal' ? 'fact.sqlite-wal' : 'fact.sqlite-journal',
    ])
    await due(outbox)
    expect(file.db.pragma('journal_mode', { simple: true })).toBe(journal)
  }
})

test('a file that is missing is not created, and one that is no database is told', async () => {
  const file = await sqliteFile()
  const url = file.url.replace('service.db', 'other.db')
  expect(await codeOf(openSqlite({ url }))).toBe('database-unknown')
  expect(await readdir(dirname(file.path))).not.toContain('other.db')
  const text = file.url.replace('service.db', 'text.db')
  await writeFile(file.path.replace('service.db', 'text.db'), 'x'.repeat(4_096))
  expect(await codeOf(openSqlite({ url: text }))).toBe('database-unknown')
  expect(await codeOf(openSqlite(file, { table: 'nothing' }))).toBe('table-missing')
})

test('a table that changes under it stops every write', async () => {
  const file = await sqliteFile()
  const [id] = addSqliteRows(file, [{ created_at: old }])
  const outbox = await openSqlite(file)
  const seen = await versions(outbox, [id!])
  await file.sql('alter table outbox_message rename column last_error to last_fault')
  expect(await codeOf(outbox.claim(seen, 't', signal()))).toBe('mapping-drifted')
})

test('a process that dies in the middle of a claim has claimed nothing', async () => {
  const file = await sqliteFile()
  const ids = addSqliteRows(file, [{ created_at: old }, { created_at: old }])
  const outbox = await openSqlite(file)
  const aborted = new AbortController()
  const running = outbox.claimDue(RULE, nextToken(), aborted.signal)
  aborted.abort()
  expect(await codeOf(running)).toBe('cancelled')
  expect(idsIn(await due(outbox))).toEqual(ids)
})

test('times come in every form in which services write them', () => {
  expect(toUtc('2026-01-02 03:04:05', 'UTC')).toBe('2026-01-02 03:04:05.000000')
  expect(toUtc('2026-01-02T03:04:05.1234567Z', 'UTC')).toBe('2026-01-02 03:04:05.123456')
  expect(toUtc('2026-01-02 03:04:05+02:00', 'UTC')).toBe('2026-01-02 01:04:05.000000')
  expect(toUtc('2026-07-01 12:00:00', 'Europe/Berlin')).toBe('2026-07-01 10:00:00.000000')
  expect(toUtc('2026-01-01 12:00:00', 'Europe/Berlin')).toBe('2026-01-01 11:00:00.000000')
  expect(toZone('2026-07-01 10:00:00.000000', 'Europe/Berlin')).toBe('2026-07-01 12:00:00.000000')
  expect(epochToUtc(1_767_323_045n, 1)).toBe('2026-01-02 03:04:05.000000')
  expect(epochToUtc(1_767_323_045_250n, 1_000)).toBe('2026-01-02 03:04:05.250000')
  for (const none of ['', 'soon', '2026-02-30', null, 12]) expect(toUtc(none, 'UTC')).toBeNull()
})

test('another layout: text keys, epochs, values in JSON, an inbox beside it', async () => {
  const file = await sqliteFile({ empty: true })
  await file.sql(`create table "out;box" (uid text not null primary key collate nocase, body text not null,
      meta text, tries integer not null default 0, made integer not null, state text not null, claim text, due integer);
    create table inbox (msg text primary key not null, at text not null);
    insert into "out;box" values ('A', '{"n": 12345678901234567890}', '{"id": "m-1", "to": "orders"}', 0,
      unixepoch() - 3600, 'new', null, null);
    insert into "out;box" values ('B', '{}', '{"id": "m-2"}', 3, unixepoch() - 3600, 'new', null, null);
    insert into inbox values ('B', '2026-01-02T03:04:05Z')`)
  const mapping: Mapping = {
    profile: 'own',
    key: 'uid',
    messageId: { path: ['id'], in: { column: 'meta' } },
    destination: { routingKey: { path: ['to'], in: { column: 'meta' } } },
    payload: { value: 'body', encoding: 'json' },
    times: { created: 'made', nextAttempt: 'due' },
    columns: { made: { time: 'epoch-s' }, due: { time: 'epoch-ms' } },
    attempts: { value: 'tries' },
    states: [
      { state: 'sent', when: { column: 'state', equals: 'done' } },
      { state: 'in-flight', when: { column: 'state', equals: 'busy' } },
      { state: 'pending', when: { all: [] } },
    ],
    sentRows: 'kept',
    relay: { model: 'poller' },
    companions: {
      inbox: {
        table: 'inbox',
        on: { column: 'msg', equals: { row: 'uid' } },
        columns: { at: { time: 'iso' } },
      },
    },
    evidence: { companion: 'inbox', processedAt: 'at', retentionSec: null },
  }
  const outbox = await openSqlite(file, { table: '"out;box"', chooseMapping: () => mapping })
  const { messages } = await outbox.list(query({}), signal())
  expect(
    messages.map(({ id, messageId, state, trouble, attempts, destination }) => ({
      id,
      messageId,
      state,
      trouble,
      attempts,
      key: destination!.routingKey,
    })),
  ).toEqual([
    { id: 'A', messageId: 'm-1', state: 'pending', trouble: 'stuck', attempts: 0, key: 'orders' },
    { id: 'B', messageId: 'm-2', state: 'pending', trouble: 'failed', attempts: 3, key: '' },
  ])
  const [a] = await outbox.read(['A', 'a'], signal())
  expect(a!.content.payload).toBe('{"n": 12345678901234567890}')
  expect((await outbox.read(['a'], signal())).map(({ id }) => id)).toEqual([])
  const found = await outbox.evidence!.look(
    ['A', 'B'].map((id) => ({ id, messageId: id, createdAt: messages[0]!.createdAt })),
    signal(),
  )
  expect(found.map(({ verdict }) => verdict)).toEqual(['not-seen-within-retention', 'consumed'])
  expect(found[1]!.consumedAt).toMatch(/^2026-01-02T03:04:05/)
})

test('every statement is explained, and the survey reads the file’s own words', async () => {
  const file = await sqliteFile()
  const outbox = await openSqlite(file)
  const explained = await outbox.explain(signal())
  expect(explained.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['list failed', 'retry', 'resolve']),
  )
  expect(explained.every(({ plan }) => plan.length > 0)).toBe(true)
  expect(explained.filter(({ name }) => name === 'list failed')[0]!.warnings).toEqual([])
  const survey = openSqliteSurvey({ config: { url: file.url } })
  onTestFinished(() => survey.close())
  const [table] = await survey.tables(signal())
  expect(table).toMatchObject({ schema: 'main', table: 'outbox_message', keys: [['id'], ['message_id']] })
  const status = table!.columns.find(({ name }) => name === 'status')
  expect(status).toMatchObject({
    type: 'text',
    nullable: false,
    labels: ['pending', 'sending', 'sent', 'failed'],
  })
})

test.each([
  'sqlite://host/path.db',
  'sqlite:path.db',
  'sqlite:///',
  'sqlite:///a.db?mode=rwc',
  'sqlite://me@/a.db',
  'postgres:///a.db',
  'sqlite:///a%00b.db',
])('%s is no address of a file', (url) => {
  expect(() => parseAddress(url)).toThrow(RedriveError)
})
