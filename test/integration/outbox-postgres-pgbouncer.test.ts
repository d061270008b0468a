import { expect, test, vi } from 'vitest'
import { parseAddress } from '../../src-main/adapters/outbox-postgres/address.ts'
import { openSession } from '../../src-main/adapters/outbox-postgres/session.ts'
import { RedriveError } from '../../src-main/domain/errors.ts'
import { startPgBouncer } from '../support/pgbouncer.ts'
import { addRows, openOutbox, testDatabase } from '../support/postgres.ts'
import { serverAddress } from '../support/postgres-server.ts'

const LIST = { filter: {}, order: 'newest', cursor: null, limit: 100, budgetMs: 10_000 } as const
const signal = () => AbortSignal.timeout(20_000)
const AWKWARD = `p@ss:w/o?r#d%20 "quoted" 'single' \\ é漢`

async function behind(servers: number) {
  const database = await testDatabase()
  const { user } = serverAddress()
  const { port } = await startPgBouncer({ servers, users: { [user]: AWKWARD } })
  const url = `postgres://${encodeURIComponent(user)}@127.0.0.1:${port}/${database.name}`
  return { database, url, password: async () => AWKWARD }
}

test('everything works through PgBouncer in transaction mode, many at once over two servers', async () => {
  const { database, url, password } = await behind(2)
  const ids = await addRows(
    database,
    Array.from({ length: 40 }, () => ({ status: 'failed', attempts: 3 }) as const),
  )
  const outboxes = await Promise.all([1, 2, 3].map(() => openOutbox(database, { url, password })))
  const pages = await Promise.all(
    Array.from({ length: 30 }, (_, index) =>
      outboxes[index % 3]!.list({ ...LIST, filter: { trouble: 'failed' } }, signal()),
    ),
  )
  for (const page of pages) expect(page.messages).toHaveLength(40)
  const requests = pages[0]!.messages.map(({ id, version }) => ({ id, version }))
  const claims = await Promise.all(
    outboxes.map((outbox, index) => outbox.claim(requests, `job-${index}`, signal())),
  )
  const won = claims.flatMap((claim, index) =>
    claim.flatMap((one) => (one.claimed ? [{ id: one.id, token: `job-${index}` }] : [])),
  )
  expect(won).toHaveLength(ids.length)
  for (const [index, outbox] of outboxes.entries()) {
    const mine = won.filter((one) => one.token === `job-${index}`)
    const marks = await outbox.mark(
      mine.map(({ id }) => ({ id, as: 'confirm', reason: null, stateBefore: 'failed' }) as const),
      `job-${index}`,
      signal(),
    )
    expect(marks.every((one) => one.marked)).toBe(true)
  }
  expect(await outboxes[0]!.report(signal())).toMatchObject({ role: 'primary', indexed: true })
  expect(await database.sql('select distinct status from outbox_message')).toEqual([{ status: 'sent' }])
})

test('no setting leaks into the session of the next client', async () => {
  const { database, url, password } = await behind(1)
  const outbox = await openOutbox(database, { url, password })
  await outbox.list({ ...LIST, budgetMs: 123 }, signal())
  const { default: pg } = await import('pg')
  const next = new pg.Client({ ...parseAddress(url), password: AWKWARD, ssl: false })
  await next.connect()
  const settings = await next.query(
    `select current_setting('statement_timeout') as s, current_setting('lock_timeout') as l,
      current_setting('application_name') as a, current_setting('transaction_read_only') as r`,
  )
  await next.end()
  expect(settings.rows).toEqual([
    { s: '0', l: '0', a: expect.not.stringMatching('redrive') as string, r: 'off' },
  ])
})

test('cancelling ends the statement on the server behind PgBouncer, and nobody else', async () => {
  const { database, url, password } = await behind(3)
  const session = openSession({ address: parseAddress(url), password, tls: false })
  const sleepers = (): Promise<readonly unknown[]> =>
    database.sql(
      `select 1 from pg_stat_activity where query like 'select pg_sleep%' and state = 'active' and datname = current_database()`,
    )
  try {
    const cancel = new AbortController()
    const sleep = (text: string, by: AbortSignal) => session.read({ text, values: [] }, 20_000, by)
    const other = sleep('select pg_sleep(3)', signal())
    const cancelled = sleep('select pg_sleep(19)', cancel.signal).catch((error: unknown) => error)
    await vi.waitFor(async () => expect(await sleepers()).toHaveLength(2), { timeout: 20_000 })
    cancel.abort()
    expect(await cancelled).toMatchObject({ code: 'cancelled' })
    expect(await sleepers()).toHaveLength(1)
    expect(await other).toHaveLength(1)
  } finally {
    await session.close()
  }
})

test('a wrong password is told apart, and is not in the error', async () => {
  const { database, url } = await behind(1)
  const error: unknown = await openOutbox(database, { url, password: async () => 'not-the-password' }).catch(
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(RedriveError)
  expect(error).toMatchObject({ code: 'auth-failed', retry: 'never' })
  expect(JSON.stringify(error) + String(error)).not.toContain('not-the-password')
  const none: unknown = await openOutbox(database, { url, password: async () => '' }).catch(
    (reason: unknown) => reason,
  )
  expect(none).toMatchObject({ code: 'auth-failed' })
})
