import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { addFailed, cliFixture } from '../support/cli-fixture.ts'
import type { CliFixture } from '../support/cli-fixture.ts'

function planFile({ cli }: Pick<CliFixture, 'cli'>): string {
  return join(cli.folder, 'plan.json')
}

async function plan({ cli }: CliFixture, ...words: readonly string[]): Promise<Record<string, unknown>> {
  const out = planFile({ cli })
  const made = await cli.here('plan', 'resend', '--source', 'orders', ...words, '--out', out)
  expect(made).toMatchObject({ code: 0, stderr: '' })
  expect(made.records).toHaveLength(1)
  return made.records[0]!
}

test('a source and its broker are tested in one command', async (context) => {
  const { cli } = await cliFixture(context)
  const { code, records } = await cli.here('sources', 'test', '--source', 'orders')
  expect(code).toBe(0)
  expect(records).toMatchObject([
    { type: 'source', ok: true, role: 'primary', profile: 'redrive-reference', indexed: true },
    { type: 'broker', ok: true, product: 'RabbitMQ' },
  ])
  const plain = await cli.plain('sources', 'test', '--source', 'orders')
  expect(plain.stdout).toMatch(/^server +PostgreSQL \d/m)
})

test('failed messages are listed, shown, planned, resent, and every step is in the journal', async (context) => {
  const fixture = await cliFixture(context)
  const { cli, database, broker, queue } = fixture
  const ids = await addFailed(database, queue, 12)

  const list = await cli.json(
    'messages',
    'list',
    '--source',
    'orders',
    '--trouble',
    'failed',
    '--limit',
    '10',
  )
  expect(list.code).toBe(0)
  expect(list.records.slice(0, 10)).toMatchObject(
    ids.slice(0, 10).map((id) => ({
      id,
      state: 'failed',
      trouble: 'failed',
      attempts: 3,
      type: 'OrderPaid',
      destination: { exchange: '', routingKey: queue },
      lastError: 'connect ECONNREFUSED',
    })),
  )
  const page = list.records[10]!
  expect(page).toMatchObject({ type: 'page', scope: { complete: true } })
  const rest = await cli.json(
    ...['messages', 'list', '--source', 'orders', '--trouble', 'failed'],
    ...['--cursor', String(page['nextCursor'])],
  )
  expect(rest.records.map(({ id }) => id)).toEqual(ids.slice(10))

  const shown = await cli.json('messages', 'show', '--source', 'orders', '--id', ids[0]!)
  expect(shown.records[0]).toMatchObject({ id: ids[0], deeds: [], heldBy: null })
  expect(JSON.parse(String(shown.records[0]!['payload']))).toEqual({ order: 0, note: 'päckchen' })

  const { digest, items } = await plan(fixture, '--trouble', 'failed')
  expect(items).toBe(12)
  const file = await readFile(planFile(fixture), 'utf8')
  expect(file.split('\n').filter((line) => line.includes('"payloadDigest"'))).toHaveLength(12)

  const run = await cli.json('run', planFile(fixture), '--confirm', String(digest), '--rate', '500')
  expect(run.code).toBe(0)
  expect(run.records.at(-1)).toMatchObject({
    ...{ type: 'summary', confirmed: 12, returned: 0, refused: 0, unknown: 0, skipped: 0 },
    ...{ unmarked: 0, unsettled: 0, state: 'done' },
  })
  const sent = await broker.drain(queue)
  expect(new Set(sent.map(({ messageId }) => messageId)).size).toBe(12)
  expect(await database.sql('select distinct status from outbox_message')).toEqual([{ status: 'sent' }])

  const job = String(run.records.at(-1)!['job'])
  const jobs = await cli.json('jobs', 'list')
  expect(jobs.records).toMatchObject([{ job, state: 'done', items: 12 }])
  const show = await cli.json('jobs', 'show', job, '--all')
  expect(show.records).toHaveLength(13)
  expect(show.records[1]).toMatchObject({ result: 'confirmed', marked: true })

  const journal = await cli.json('journal', 'list', '--order', 'oldest')
  const actions = journal.records.map(({ action }) => action)
  expect(actions).toEqual(
    expect.arrayContaining(['plan-created', 'source-unlocked', 'job-started', 'job-publishing', 'job-ended']),
  )
  const verdict = await cli.json('journal', 'verify')
  expect(verdict).toMatchObject({ code: 0, records: [{ intact: true, entries: actions.length }] })
  const exported = await cli.json('journal', 'export')
  expect(exported.records.filter(({ type }) => type === undefined)).toHaveLength(actions.length)
  expect(exported.records.at(-1)).toMatchObject({ type: 'end', seq: actions.length })
})

test('a plan that was run is not run again', async (context) => {
  const fixture = await cliFixture(context)
  const { cli, broker, queue, database } = fixture
  await addFailed(database, queue, 2)
  const { digest } = await plan(fixture, '--trouble', 'failed')
  expect(await cli.here('run', planFile(fixture), '--confirm', String(digest))).toMatchObject({ code: 0 })
  const again = await cli.here('run', planFile(fixture), '--confirm', String(digest))
  expect(again).toMatchObject({ code: 1, records: [{ type: 'error', code: 'plan-already-run' }] })
  expect(await broker.count(queue)).toBe(2)
})

test('without the digest nothing runs, and the digest to read is told', async (context) => {
  const fixture = await cliFixture(context)
  const { cli, broker, queue, database } = fixture
  await addFailed(database, queue, 1)
  const { digest } = await plan(fixture, '--trouble', 'failed')
  expect(await cli.here('run', planFile(fixture))).toMatchObject({
    code: 2,
    records: [{ type: 'error', code: 'plan-not-confirmed', retry: 'never', detail: { digest } }],
  })
  const plain = await cli.plainHere('run', planFile(fixture))
  expect(plain.stderr).toContain(`--confirm ${String(digest)}`)
  expect(await cli.here('run', planFile(fixture), '--confirm', 'f'.repeat(64))).toMatchObject({ code: 2 })
  expect(await broker.count(queue)).toBe(0)
})

test('unroutable messages end failed with the reason, and the exit code says that somebody must look', async (context) => {
  const fixture = await cliFixture(context)
  const { cli, broker, queue, database } = fixture
  await addFailed(database, queue, 5)
  const lost = await addFailed(database, broker.unusedName(), 2)
  const { digest } = await plan(fixture, '--trouble', 'failed')
  const run = await cli.here('run', planFile(fixture), '--confirm', String(digest))
  expect(run.code).toBe(3)
  expect(run.records.at(-1)).toMatchObject({ type: 'summary', confirmed: 5, returned: 2 })
  const rows = await database.sql('select id, status, last_error from outbox_message where status <> $1', [
    'sent',
  ])
  expect(rows.map(({ id }) => id)).toEqual(lost)
  expect(rows.every(({ status, last_error }) => status === 'failed' && last_error !== null)).toBe(true)
  const show = await cli.here('jobs', 'show', String(run.records.at(-1)!['job']))
  expect(show.records.slice(1)).toMatchObject([
    { result: 'returned', code: 'unroutable' },
    { result: 'returned', code: 'unroutable' },
  ])
})

test('an exchange that does not exist is a warning of the plan and refused by the run', async (context) => {
  const fixture = await cliFixture(context)
  const { cli, broker, queue, database } = fixture
  const exchange = broker.unusedName()
  await addFailed(database, queue, 3, exchange)
  const { digest, warnings } = await plan(fixture, '--trouble', 'failed')
  expect(warnings).toEqual([{ code: 'exchange-missing', exchange, count: 3 }])
  const run = await cli.here('run', planFile(fixture), '--confirm', String(digest))
  expect(run.code).toBe(3)
  expect(run.records.at(-1)).toMatchObject({ confirmed: 0, refused: 3, unknown: 0 })
})

test('a row that changed since the plan is skipped and left as it is', async (context) => {
  const fixture = await cliFixture(context)
  const { cli, broker, queue, database } = fixture
  const [first] = await addFailed(database, queue, 2)
  const { digest } = await plan(fixture, '--trouble', 'failed')
  await database.sql('update outbox_message set last_error = $1 where id = $2', ['touched', first])
  const run = await cli.here('run', planFile(fixture), '--confirm', String(digest))
  expect(run.code).toBe(3)
  expect(run.records.at(-1)).toMatchObject({ confirmed: 1, skipped: 1 })
  expect(await broker.count(queue)).toBe(1)
  expect(await database.sql('select last_error, status from outbox_message where id = $1', [first])).toEqual([
    { last_error: 'touched', status: 'failed' },
  ])
})

test('ids may be listed after one option; resolve takes a reason and undo takes it back', async (context) => {
  const { cli, database, queue } = await cliFixture(context)
  const ids = await addFailed(database, queue, 3)
  const [first, second] = ids
  expect(await cli.here('resolve', '--source', 'orders', '--id', first!)).toMatchObject({
    code: 2,
    records: [{ code: 'usage' }],
  })
  const resolved = await cli.here(
    ...['resolve', '--source', 'orders', '--id', first!, second!, '--reason', 'refunded by hand'],
  )
  expect(resolved.code).toBe(0)
  expect(resolved.records).toMatchObject([
    { id: first, applied: true },
    { id: second, applied: true },
  ])
  const left = await cli.here('messages', 'list', '--source', 'orders', '--trouble', 'failed')
  expect(left.records.map(({ id }) => id)).toEqual([ids[2]])

  const undone = await cli.here('undo', String(resolved.records[0]!['decision']))
  expect(undone).toMatchObject({ code: 0, records: [{ id: first, state: 'undone' }] })
  const back = await cli.here('messages', 'list', '--source', 'orders', '--trouble', 'failed')
  expect(back.records.map(({ id }) => id)).toEqual([first, ids[2]])
})

test('in production the count must be given', async (context) => {
  const fixture = await cliFixture(context, { source: { environment: 'production' } })
  const { cli, broker, queue, database } = fixture
  await addFailed(database, queue, 2)
  const { digest } = await plan(fixture, '--trouble', 'failed')
  const confirm = ['run', planFile(fixture), '--confirm', String(digest)]
  expect(await cli.here(...confirm)).toMatchObject({ code: 2, records: [{ code: 'count-not-typed' }] })
  expect(await cli.here(...confirm, '--count', '3')).toMatchObject({ code: 2 })
  expect(await broker.count(queue)).toBe(0)
  expect(await cli.here(...confirm, '--count', '2')).toMatchObject({ code: 0 })
  expect(await broker.count(queue)).toBe(2)
})

test('SIGINT cancels the job, waits for what is on its way and says what became of it', async (context) => {
  const fixture = await cliFixture(context)
  const { cli, broker, queue, database } = fixture
  await addFailed(database, queue, 200)
  const { digest } = await plan(fixture, '--trouble', 'failed')
  const running = cli.start('run', planFile(fixture), '--confirm', String(digest), '--rate', '20', '--json')
  await new Promise<void>((resolve) => {
    running.child.stdout?.on('data', (chunk: Buffer) => {
      if (/"type":"progress".*"ended":[1-9]/.test(chunk.toString())) resolve()
    })
  })
  running.child.kill('SIGINT')
  const { code, records } = await running.result
  expect(code).toBe(3)
  const summary = records.at(-1)!
  expect(summary).toMatchObject({ type: 'summary', state: 'cancelled', unknown: 0 })
  expect(await broker.count(queue)).toBe(summary['confirmed'])
  const [sent] = await database.sql(`select count(*) from outbox_message where status = 'sent'`)
  expect(Number(sent!['count'])).toBe(summary['confirmed'])
  const [claimed] = await database.sql(`select count(*) from outbox_message where status = 'sending'`)
  expect(claimed).toEqual({ count: '0' })
})

test('a job survives that nobody reads its output any more', async (context) => {
  const fixture = await cliFixture(context)
  const { cli, broker, queue, database } = fixture
  await addFailed(database, queue, 60)
  const { digest } = await plan(fixture, '--trouble', 'failed')
  const running = cli.start('run', planFile(fixture), '--confirm', String(digest), '--rate', '30')
  running.child.stdout?.destroy()
  expect((await running.result).code).toBe(0)
  expect(await broker.count(queue)).toBe(60)
})

test('an edited plan file is refused by its digest, one that is no plan by its form', async (context) => {
  const fixture = await cliFixture(context)
  const { cli, broker, queue, database } = fixture
  await addFailed(database, queue, 2)
  const { digest } = await plan(fixture, '--trouble', 'failed')
  const file = planFile(fixture)
  const text = await readFile(file, 'utf8')
  const confirm = ['run', planFile(fixture), '--confirm', String(digest)]

  await writeFile(file, text.replaceAll(queue, 'elsewhere'))
  const edited = await cli.here(...confirm)
  expect(edited).toMatchObject({ code: 2, records: [{ code: 'plan-digest-mismatch' }] })
  await writeFile(file, text.replace('{', '{"extra":1,'))
  expect(await cli.here(...confirm)).toMatchObject({ code: 2, records: [{ code: 'plan-digest-mismatch' }] })
  for (const broken of ['', 'no json', '[]', '{}', text.replace('\n{', '\n{"extra":1,')]) {
    await writeFile(file, broken)
    expect(await cli.here(...confirm)).toMatchObject({ code: 2, records: [{ code: 'plan-invalid' }] })
  }
  expect(await cli.here('run', 'missing.json', '--confirm', 'x')).toMatchObject({ code: 2 })
  expect(await broker.count(queue)).toBe(0)
})
