import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Client } from 'pg'
import { RedriveError } from '../domain/errors.ts'
import { jsonText } from './draft.ts'
import type { Draft, Fate } from './draft.ts'
import type { Random } from './random.ts'

export interface StoryRow {
  readonly draft: Draft
  readonly fate: Fate
}

const INSERT_ROWS = 1_000
const FIRST_ID = 88_001
/** Transactions that rolled back have used ids up: the ids of an outbox grow, but not by one. */
const ROLLED_BACK_SHARE = 0.02

const INSERT = `
  insert into outbox_message (id, prev_id, chain_key, message_id, exchange, routing_key, type, payload, headers,
                              status, attempts, next_attempt_at, created_at, updated_at, last_error)
  overriding system value
  select * from unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                       $8::jsonb[], $9::jsonb[], $10::text[], $11::int[], $12::timestamptz[], $13::timestamptz[],
                       $14::timestamptz[], $15::text[])`

/** Creates the reference outbox and tells the story in it. */
export async function seedOutbox(client: Client, rows: readonly StoryRow[], random: Random): Promise<void> {
  await client.query(await resourceText('outbox', 'postgres.sql'))
  let id = FIRST_ID
  const heads = new Map<string, number>()
  const numbered = rows.map(({ draft, fate }) => {
    id += random.chance(ROLLED_BACK_SHARE) ? 2 : 1
    const previousId = heads.get(draft.chainKey) ?? null
    heads.set(draft.chainKey, id)
    return { id, previousId, draft, fate }
  })
  for (let start = 0; start < numbered.length; start += INSERT_ROWS) {
    const part = numbered.slice(start, start + INSERT_ROWS)
    await client.query(INSERT, [
      part.map((row) => row.id),
      part.map((row) => row.previousId),
      part.map((row) => row.draft.chainKey),
      part.map((row) => row.draft.messageId),
      part.map((row) => row.draft.exchange),
      part.map((row) => row.draft.routingKey),
      part.map((row) => row.draft.type),
      part.map((row) => jsonText(row.draft.payload)),
      part.map((row) => jsonText(row.draft.headers)),
      part.map((row) => row.fate.status),
      part.map((row) => row.fate.attempts),
      part.map((row) => timestamp(row.fate.nextAttemptAt)),
      part.map((row) => timestamp(row.draft.createdAt)),
      part.map((row) => timestamp(row.fate.updatedAt)),
      part.map((row) => row.fate.lastError),
    ])
  }
  await client.query(`alter table outbox_message alter column id restart with ${id + 1}`)
  await client.query('vacuum (analyze) outbox_message')
}

function timestamp(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString()
}

/** From the sources and from the bundle alike: the nearest `resources` folder above this module. */
export async function resourceText(...path: readonly string[]): Promise<string> {
  const inside = join('resources', ...path)
  for (let at = import.meta.dirname; ; at = dirname(at)) {
    const file = join(at, inside)
    if (existsSync(file)) return readFile(file, 'utf8')
    if (at === dirname(at)) {
      throw new RedriveError('internal', 'never', { reason: `The sandbox does not find ${inside}.` })
    }
  }
}
