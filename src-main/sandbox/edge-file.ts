import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import Database from 'better-sqlite3'
import type { SourceConfig } from '../domain/workspace.ts'
import type { HostLog } from '../ports/surroundings.ts'
import { HOUR, MINUTE, SECOND, jsonText } from './draft.ts'
import type { Draft, RowStatus } from './draft.ts'
import { errorWords } from './fate.ts'
import { newEmployee, payMessage } from './payroll-messages.ts'
import type { Random } from './random.ts'
import { resourceText } from './seed.ts'

/** A branch office that keeps its outbox in a file. Its relay sent all until the line went down. */
export const EDGE = { source: 'branch-office', seed: 7, environment: 'staging' } as const

const ROWS = 420
const PACE_MS = 6 * MINUTE
/** So long ago the line went down: what was written since waits. */
const LINE_DOWN_MS = 3 * HOUR
const FAILED = 9
const EMPLOYEES = 40
const LIVE_PAUSE_MS = 9 * SECOND
/** A sandbox that is left running does not fill the disk. */
const LIVE_ROWS_MAX = 2_000

const INSERT = `
  insert into outbox_message (prev_id, chain_key, message_id, exchange, routing_key, type, payload, headers, status,
    attempts, created_at, updated_at, last_error)
  values ((select max(id) from outbox_message where chain_key = @chain), @chain, @id, @exchange, @key, @type, @payload,
    @headers, @status, @attempts, @created, @updated, @error)`

/** Makes the file and goes on writing to it until the signal is aborted; resolves with its address. */
export async function openEdgeFile(
  { storeDir, random, log }: { readonly storeDir: string; readonly random: Random; readonly log: HostLog },
  signal: AbortSignal,
): Promise<{ readonly url: string; readonly ended: Promise<void> }> {
  const path = join(dirname(storeDir), 'branch-office', 'outbox.db')
  await mkdir(dirname(path), { mode: 0o700 })
  const db = new Database(path)
  db.pragma('journal_mode = WAL')
  db.exec(await resourceText('outbox', 'sqlite.sql'))
  const insert = db.prepare(INSERT)
  db.transaction(() => {
    for (let n = 0; n < ROWS; n += 1) insert.run(rowOf(random, Date.now() - (ROWS - n) * PACE_MS))
  })()
  db.exec(`update outbox_message set status = 'failed', attempts = 3, last_error = '${errorWords.connectionRefused}'
    where id in (select id from outbox_message where status = 'sent' order by id desc limit ${FAILED})`)
  return {
    url: pathToFileURL(path).href.replace(/^file:/, 'sqlite:'),
    ended: goOn(db, insert, { random, log }, signal),
  }
}

async function goOn(
  db: Database.Database,
  insert: Database.Statement,
  { random, log }: { readonly random: Random; readonly log: HostLog },
  signal: AbortSignal,
): Promise<void> {
  let written = 0
  try {
    while (written < LIVE_ROWS_MAX) {
      await sleep(LIVE_PAUSE_MS, undefined, { signal, ref: false })
      insert.run(rowOf(random, Date.now()))
      written += 1
    }
  } catch (error) {
    if (!signal.aborted) log.debug({ err: error }, 'the branch office of the sandbox stopped writing')
  } finally {
    db.close()
  }
}

function rowOf(random: Random, at: number): Readonly<Record<string, string | number | null>> {
  const draft: Draft = payMessage(random, {
    employee: newEmployee(random, random.int(1, EMPLOYEES)),
    step: 'expense',
    at,
  })
  const sent = at < Date.now() - LINE_DOWN_MS
  const status: RowStatus = sent ? 'sent' : 'pending'
  return {
    chain: draft.chainKey,
    id: draft.messageId,
    exchange: draft.exchange,
    key: draft.routingKey,
    type: draft.type,
    payload: jsonText(draft.payload),
    headers: jsonText(draft.headers),
    status,
    attempts: sent ? 1 : 0,
    created: timeText(at),
    updated: sent ? timeText(at + SECOND) : null,
    error: null,
  }
}

function timeText(at: number): string {
  return new Date(at).toISOString().replace('T', ' ').replace('Z', '')
}

export function edgeSource(url: string): Pick<SourceConfig, 'driver' | 'url' | 'environment' | 'outbox'> {
  return {
    driver: 'sqlite',
    url,
    environment: EDGE.environment,
    outbox: { profile: 'auto', table: 'outbox_message' },
  }
}
