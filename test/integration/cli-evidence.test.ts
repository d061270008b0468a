import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { addFailed, cliFixture } from '../support/cli-fixture.ts'

const inbox = { table: 'public.inbox', messageId: 'message_id', processedAt: 'at', retentionSec: null }

test(
  'what was consumed is left out of a plan, sent again only with a reason, and compared by an audit of places',
  { timeout: 120_000 },
  async (context) => {
    const { cli, database, queue } = await cliFixture(context, { source: { evidence: inbox } })
    await database.sql('create table inbox (message_id text primary key, at timestamptz not null)')
    const ids = await addFailed(database, queue, 5)
    await database.sql(`insert into inbox select message_id, now() from outbox_message where id = any($1)`, [
      ids.slice(0, 2),
    ])
    const planned = ['plan', 'resend', '--source', 'orders', '--trouble', 'failed']
    const first = await cli.here(...planned, '--out', join(cli.folder, 'first.ndjson'))
    expect(first.code).toBe(0)
    expect(first.records).toMatchObject([
      { items: 3, skipped: 2, evidence: { consumed: 2, notSeen: 3, included: null } },
    ])
    expect(
      (await cli.plainHere(...planned, '--out', join(cli.folder, 'no.ndjson'), '--include-consumed')).stderr,
    ).toContain('--reason')

    const again = [
      ...planned,
      '--include-consumed',
      '--reason',
      'restored from a backup',
      '--out',
      join(cli.folder, 'again.ndjson'),
    ]
    const second = await cli.plainHere(...again)
    expect(second.stdout).toContain(
      '2 were probably consumed already: sent again, because: restored from a backup',
    )
    const [header = ''] = (await readFile(join(cli.folder, 'again.ndjson'), 'utf8')).split('\n')
    expect(JSON.parse(header)).toMatchObject({
      items: 5,
      evidence: { consumed: 2, included: 'restored from a backup' },
    })

    const places = await cli.here(
      'audit',
      '--source',
      'orders',
      '--places',
      '--html',
      join(cli.folder, 'places.html'),
    )
    expect(places.code).toBe(3)
    expect(
      places.records
        .map(({ kind }) => kind)
        .filter(Boolean)
        .toSorted(),
    ).toEqual([
      ...Array<string>(2).fill('consumed-unknown-to-sender'),
      ...Array<string>(3).fill('never-sent'),
    ])
    expect(places.records.at(-1)).toMatchObject({
      type: 'summary',
      verdict: 'broken',
      messages: 5,
      consumed: 2,
    })
    const page = await readFile(join(cli.folder, 'places.html'), 'utf8')
    const journal = await cli.here('journal', 'list')
    const { detail } = journal.records.find(({ action }) => action === 'audit-ended') as {
      detail: { digest: string }
    }
    expect(page).toContain(detail.digest)
    const shown = await cli.plainHere('messages', 'show', '--source', 'orders', '--id', ids[0]!)
    expect(shown.stdout).toMatch(/evidence\s+consumed 20/)
  },
)
