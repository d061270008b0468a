import { expect, onTestFinished } from 'vitest'
import { openMysqlOutbox } from '../../src-main/adapters/outbox-mysql/open.ts'
import { openPostgresOutbox } from '../../src-main/adapters/outbox-postgres/open.ts'
import { profileByName } from '../../src-main/adapters/profiles/profiles.ts'
import { renamed } from '../../src-main/adapters/profiles/rename.ts'
import type { Mapping } from '../../src-main/domain/mapping/mapping.ts'
import { refusalOf } from '../../src-main/domain/mapping/refusals.ts'
import type { Message } from '../../src-main/domain/message.ts'
import type { Outbox } from '../../src-main/ports/outbox.ts'
import { mariadbPassword } from '../support/mariadb.ts'
import { serverAddress } from '../support/postgres-server.ts'
import { APP_ZONE, plainCell, STUCK_AFTER_SEC } from './layout.ts'
import type { Layout, LayoutRow, LayoutTrouble } from './layout.ts'
import { tableOf } from './load.ts'
import type { LoadedLayout } from './load.ts'

const TIMEOUT_MS = 20_000
const ROWS_MAX = 1_000
const BUDGET_MS = 10_000
const ATTEMPTS_MAX = 3

type Snapshot = Awaited<ReturnType<LoadedLayout['snapshot']>>

export const signal = () => AbortSignal.timeout(TIMEOUT_MS)

/** The profile, told where the pretended servers stand. */
export function mappingOf(layout: Layout): Mapping {
  const profile = profileByName(layout.profile ?? layout.name)
  const mapping = layout.spelled === undefined ? profile : renamed(profile, layout.spelled)
  if (layout.localTimes !== true) return mapping
  return { ...mapping, settings: { ...mapping.settings, zone: APP_ZONE } }
}

export async function open(
  layout: Layout,
  { database }: LoadedLayout,
  mapping: Mapping = mappingOf(layout),
): Promise<Outbox> {
  const options = {
    config: {
      url: database.url,
      stuckAfterSec: STUCK_AFTER_SEC,
      maxAttempts: ATTEMPTS_MAX,
      outbox: { table: layout.tables[0]! },
    },
    password: passwordOf(layout),
    chooseMapping: () => mapping,
  }
  const opening = layout.engine === 'postgres' ? openPostgresOutbox : openMysqlOutbox
  const outbox = await opening(options, signal())
  onTestFinished(() => outbox.close())
  return outbox
}

export async function listed(outbox: Outbox): Promise<readonly Message[]> {
  const page = await outbox.list(
    { filter: {}, order: 'oldest', cursor: null, limit: ROWS_MAX, budgetMs: BUDGET_MS },
    signal(),
  )
  expect(page.scope).toEqual({ complete: true })
  return page.messages
}

function passwordOf({ engine }: Layout): () => Promise<string> {
  return async () => (engine === 'postgres' ? serverAddress().password : mariadbPassword())
}

const HANDED: readonly string[] = ['relayed', 'queued', 'copied']
const RESOLVED: readonly string[] = ['purgeable', 'stays', 'gone']

export async function versionOf(loaded: LoadedLayout, outbox: Outbox, row: LayoutRow): Promise<string> {
  const [message] = await outbox.read([idOf(loaded.layout, row)], signal())
  return message?.version ?? 'not there'
}

/** Whether it was resolved; what the fixture says of it has been compared. */
export async function resolveOne(loaded: LoadedLayout, outbox: Outbox, row: LayoutRow): Promise<boolean> {
  const { layout } = loaded
  const request = {
    id: idOf(layout, row),
    version: await versionOf(loaded, outbox, row),
    token: 'of the test',
  }
  const before = await loaded.snapshot()
  if (refusalOf(outbox.mapping, 'resolve') !== null) {
    await expect(outbox.resolve([request], signal())).rejects.toMatchObject({ code: 'action-refused' })
    return false
  }
  const [result] = await outbox.resolve([request], signal())
  expect(result?.applied, row.is).toBe(RESOLVED.includes(row.resolve))
  const after = await loaded.snapshot()
  if (result?.applied !== true) {
    expect(after, row.is).toEqual(before)
    return false
  }
  expect(after.has(row.is), row.is).toBe(row.resolve !== 'gone')
  expectTouched(loaded, row, [before, after])
  const picked = await loaded.named(layout.relay.picks)
  expect(picked).not.toContain(row.is)
  for (const next of row.unblocks ?? []) expect(picked, `after "${row.is}"`).toContain(next)
  if (row.resolve === 'purgeable') expect(await loaded.named([layout.purge!])).toContain(row.is)
  return true
}

/** Whether it was handed back; what the fixture says of it has been compared. */
export async function retryOne(loaded: LoadedLayout, outbox: Outbox, row: LayoutRow): Promise<boolean> {
  const { layout } = loaded
  const request = { id: idOf(layout, row), version: await versionOf(loaded, outbox, row) }
  const before = await loaded.snapshot()
  if (refusalOf(outbox.mapping, 'retry') !== null) {
    await expect(outbox.retry([request], signal())).rejects.toMatchObject({ code: 'action-refused' })
    return false
  }
  const [preview] = await outbox.preview('retry', [request], signal())
  expect(await loaded.snapshot(), `preview of "${row.is}"`).toEqual(before)
  const [result] = await outbox.retry([request], signal())
  const wanted = HANDED.includes(row.retry)
  expect(result?.applied, row.is).toBe(wanted)
  expect(preview?.applied, row.is).toBe(wanted)
  const after = await loaded.snapshot()
  if (row.retry === 'copied') {
    expectCopied(loaded, row, [before, after])
    return true
  }
  expectTouched(loaded, row, [before, after])
  if (!wanted) {
    expect(after, row.is).toEqual(before)
    return false
  }
  expect(preview?.risks, row.is).toEqual([])
  const picked = await loaded.named(layout.relay.picks)
  if (row.retry === 'relayed') expect(picked).toContain(row.is)
  else expect(picked).not.toContain(row.is)
  return true
}

/** One new row, which says the same as the old one; nothing else has changed. */
function expectCopied(
  { layout }: LoadedLayout,
  row: LayoutRow,
  [before, after]: readonly [Snapshot, Snapshot],
): void {
  for (const [name, old] of before) expect(after.get(name), name).toEqual(old)
  const added = [...after.keys()].filter((name) => !before.has(name))
  expect(added.length, row.is).toBe(1)
  const [original, copy] = [before.get(row.is)!, after.get(added[0]!)!]
  for (const column of layout.untouchable.filter((one) => !layout.key.includes(one) && one !== 'created_at'))
    expect(copy[column], `${column} of the copy of "${row.is}"`).toBe(original[column])
}

/** No other row has changed, and of this one nothing that is never to be touched. */
function expectTouched(
  { layout }: LoadedLayout,
  row: LayoutRow,
  [before, after]: readonly [Snapshot, Snapshot],
): void {
  for (const [name, old] of before) {
    const now = after.get(name)
    if (name !== row.is) expect(now, `${name} after "${row.is}"`).toEqual(old)
    else if (now !== undefined)
      for (const column of layout.untouchable) expect(now[column], `${column} of "${name}"`).toBe(old[column])
  }
}

/** Ids of the rows that the mapping's evidence proves to have been consumed. */
export async function consumedIds(layout: Layout, loaded: LoadedLayout): Promise<readonly string[]> {
  const outbox = await open(layout, loaded)
  const messages = await listed(outbox)
  const found = await outbox.evidence!.look(messages, signal())
  return messages.filter((_, at) => found[at]?.verdict === 'consumed').map(({ id }) => id)
}

/** Where one outbox is several tables, the name of the row's own is the last part of its id. */
export function idOf(layout: Layout, row: LayoutRow): string {
  const parts = idColumns(layout).map((column) => plainCell(row, column))
  if (layout.tables.length > 1) parts.push(tableOf(layout, row).split('.').at(-1)!)
  return parts.length === 1 ? parts[0]! : JSON.stringify(parts)
}

/** Without a key what tells the rows apart best, and not always. */
function idColumns(layout: Layout): readonly string[] {
  const { key } = mappingOf(layout)
  return typeof key === 'object' && 'none' in key ? key.none : layout.key
}

/** What the fixture says of a row, in the words of a message. */
export function expected(layout: Layout, row: LayoutRow) {
  const { shows } = row
  const { destination = {} } = shows
  const place = destination.exchange ?? destination.topic ?? destination.queue ?? destination.uri
  const key =
    destination.routingKey ?? destination.key ?? (place === undefined ? undefined : destination.handler)
  return {
    id: idOf(layout, row),
    state: shows.state,
    trouble: troubleOf(shows.trouble),
    messageId: shows.messageId,
    type: shows.type ?? null,
    destination:
      shows.destination === undefined
        ? null
        : { exchange: place ?? destination.handler ?? '', routingKey: key ?? '' },
    chain: shows.chain === undefined ? null : { key: shows.chain.key, previousId: null },
    attempts: shows.attempts ?? null,
    lastError: shows.lastError ?? null,
  }
}

function troubleOf(trouble: LayoutTrouble | null): string | null {
  return trouble === 'dead-lettered' ? 'failed' : trouble
}

export function seen(message: Message) {
  const { id, state, trouble, messageId, type, destination, chain, attempts, lastError } = message
  return { id, state, trouble, messageId, type, destination, chain, attempts, lastError }
}
