import { onTestFinished } from 'vitest'
import { openSqliteEvidence } from '../../src-main/adapters/outbox-sqlite/evidence.ts'
import type { EvidenceRequest } from '../../src-main/ports/evidence.ts'
import { sqliteFile } from '../support/sqlite.ts'
import { evidenceConformance } from './evidence.ts'
import { signal } from './outbox-fixture.ts'

const INBOX = `create table inbox (msg text not null, receiver text not null default 'billing', state text not null,
  at_ms integer, primary key (msg, receiver)) strict`

evidenceConformance('sqlite: a table in a file of its own', async ({ retentionSec }) => {
  const { db, url } = await sqliteFile({ empty: true })
  db.exec(INBOX)
  // What another receiver has done with the same messages proves nothing.
  db.exec(`insert into inbox (msg, receiver, state, at_ms) values ('a', 'search', 'done', 1)`)
  const insert = db.prepare('insert into inbox (msg, state, at_ms) values (?, ?, ?)')
  const reader = await openSqliteEvidence(
    {
      config: {
        table: 'inbox',
        messageId: 'msg',
        processedAt: 'at_ms',
        scope: { column: 'receiver', equals: 'billing' },
        processed: { column: 'state', equals: 'done' },
        columns: { at_ms: { time: 'epoch-ms' } },
        retentionSec,
      },
      at: { url },
    },
    signal(),
  )
  onTestFinished(() => reader.close())
  return {
    reader,
    store: (ids, createdSecAgo) => {
      const createdAt = new Date(Date.now() - createdSecAgo * 1_000).toISOString()
      return Promise.resolve(
        ids.map((messageId, at): EvidenceRequest => ({ id: String(at), messageId, createdAt })),
      )
    },
    receive: (ids) => {
      for (const id of ids) insert.run(id, 'new', null)
      return Promise.resolve()
    },
    consume: (ids, secAgo) => {
      for (const id of ids) insert.run(id, 'done', Date.now() - secAgo * 1_000)
      return Promise.resolve()
    },
  }
})
