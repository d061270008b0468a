import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { parseMapping } from '../../src-main/adapters/mapping-schema/parse.ts'
import { openPostgresOutbox } from '../../src-main/adapters/outbox-postgres/open.ts'
import { detectProfile, profileByName } from '../../src-main/adapters/profiles/profiles.ts'
import { shippedProfiles } from '../../src-main/adapters/profiles/shipped.ts'
import { refusable } from '../../src-main/domain/mapping/mapping.ts'
import type { Mapping } from '../../src-main/domain/mapping/mapping.ts'
import { refusalOf } from '../../src-main/domain/mapping/refusals.ts'
import type { Message } from '../../src-main/domain/message.ts'
import type { Outbox } from '../../src-main/ports/outbox.ts'
import { serverAddress } from '../support/postgres-server.ts'
import { APP_ZONE, plainCell, STUCK_AFTER_SEC } from './layout.ts'
import type { Layout, LayoutRow } from './layout.ts'
import { loadLayout, tableOf } from './load.ts'
import type { LoadedLayout } from './load.ts'
import { layouts } from './layouts.ts'

const TIMEOUT_MS = 20_000
const ROWS_MAX = 1_000
const BUDGET_MS = 10_000
const ATTEMPTS_MAX = 3

type Snapshot = Awaited<ReturnType<LoadedLayout['snapshot']>>

const signal = () => AbortSignal.timeout(TIMEOUT_MS)

/** The profile, told where the pretended servers stand. */
function mappingOf(layout: Layout): Mapping {
  const mapping = profileByName(layout.profile ?? layout.name)
  if (layout.localTimes !== true) return mapping
  return { ...mapping, settings: { ...mapping.settings, zone: APP_ZONE } }
}

async function open(
  layout: Layout,
  { database }: LoadedLayout,
  mapping: Mapping = mappingOf(layout),
): Promise<Outbox> {
  const outbox = await openPostgresOutbox(
    {
      config: {
        url: database.url,
        stuckAfterSec: STUCK_AFTER_SEC,
        maxAttempts: ATTEMPTS_MAX,
        outbox: { table: layout.tables[0]! },
      },
      password: async () => serverAddress().password,
      chooseMapping: () => mapping,
    },
    signal(),
  )
  onTestFinished(() => outbox.close())
  return outbox
}

async function listed(outbox: Outbox): Promise<readonly Message[]> {
  const page = await outbox.list(
    { filter: {}, order: 'oldest', cursor: null, limit: ROWS_MAX, budgetMs: BUDGET_MS },
    signal(),
  )
  expect(page.scope).toEqual({ complete: true })
  return page.messages
}

const HANDED: readonly string[] = ['relayed', 'queued', 'copied']
const RESOLVED: readonly string[] = ['purgeable', 'stays', 'gone']

async function versionOf(loaded: LoadedLayout, outbox: Outbox, row: LayoutRow): Promise<string> {
  const id = idOf(loaded.layout, row)
  return (await listed(outbox)).find((message) => message.id === id)?.version ?? 'not listed'
}

/** Whether it was resolved; what the fixture says of it has been compared. */
async function resolveOne(loaded: LoadedLayout, outbox: Outbox, row: LayoutRow): Promise<boolean> {
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
async function retryOne(loaded: LoadedLayout, outbox: Outbox, row: LayoutRow): Promise<boolean> {
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

/** Where one outbox is several tables, the name of the row's own is the last part of its id. */
function idOf(layout: Layout, row: LayoutRow): string {
  const parts = layout.key.map((column) => plainCell(row, column))
  if (layout.tables.length > 1) parts.push(tableOf(layout, row).split('.').at(-1)!)
  return parts.length === 1 ? parts[0]! : JSON.stringify(parts)
}

/** What the fixture says of a row, in the words of a message. */
function expected(layout: Layout, row: LayoutRow) {
  const { shows } = row
  const { destination = {} } = shows
  const place = destination.exchange ?? destination.topic ?? destination.queue ?? destination.uri
  const key =
    destination.routingKey ?? destination.key ?? (place === undefined ? undefined : destination.handler)
  return {
    id: idOf(layout, row),
    state: shows.state,
    trouble: shows.trouble === 'dead-lettered' ? 'failed' : shows.trouble,
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

function seen(message: Message) {
  const { id, state, trouble, messageId, type, destination, chain, attempts, lastError } = message
  return { id, state, trouble, messageId, type, destination, chain, attempts, lastError }
}

const steps = ['detect', 'list', 'retry', 'resolve', 'refuse'] as const
type Step = (typeof steps)[number]
const outcomes = new Map<string, Partial<Record<Step, string>>>()

/** Runs one step and writes down for the table what came of it. */
async function step(layout: Layout, name: Step, run: () => Promise<string>): Promise<void> {
  const line = outcomes.get(layout.name) ?? {}
  outcomes.set(layout.name, line)
  line[name] = 'FAILED'
  line[name] = await run()
}

afterAll(() => {
  const width = Math.max(...[...outcomes.keys()].map((name) => name.length))
  const cell = (text: string): string => text.padEnd(12)
  const lines = [...outcomes].map(
    ([name, line]) => `${name.padEnd(width)}  ${steps.map((one) => cell(line[one] ?? '-')).join('')}`,
  )
  console.log([`${'profile'.padEnd(width)}  ${steps.map(cell).join('')}`, ...lines].join('\n'))
})

test('every profile is a mapping', () => {
  for (const profile of shippedProfiles) {
    const { profile: name } = profile as Mapping
    expect(parseMapping(profile, name)).toEqual(profile)
  }
})

const onPostgres = layouts.filter((layout) => layout.engine === 'postgres')

describe.each(onPostgres.map((layout) => [layout.name, layout] as const))('%s', (_name, layout) => {
  test('is recognised by its columns', () =>
    step(layout, 'detect', async () => {
      const { database } = await loadLayout(layout)
      const [table, schema = 'public'] = layout.tables[0]!.split('.').reverse()
      const columns = await database.sql(
        'select column_name as name from information_schema.columns where table_schema = $1 and table_name = $2',
        [schema, table],
      )
      const candidates = detectProfile(columns.map((row) => row['name']!))
      const fitting = candidates.filter((one) => one.missing.length === 0).map((one) => one.mapping.profile)
      expect(fitting).toContain(layout.profile ?? layout.name)
      return `ok (of ${fitting.length})`
    }))

  test('what it must not do it refuses, with a reason and a way out', () =>
    step(layout, 'refuse', async () => {
      const mapping = mappingOf(layout)
      for (const action of refusable) {
        const refusal = refusalOf(mapping, action)
        const wanted =
          layout.refuses[action] !== undefined || (action === 'resend' && layout.retry === undefined)
        if (wanted || action === 'retry' || action === 'resolve')
          expect(refusal !== null, `${action}: ${refusal?.reason}`).toBe(wanted)
        if (refusal !== null) expect(refusal.reason && refusal.instead).toBeTruthy()
      }
      return refusable.filter((action) => refusalOf(mapping, action) !== null).join(' ')
    }))

  test('retry makes the framework’s own relay pick the row up, and leaves alone what it must not touch', () =>
    step(layout, 'retry', async () => {
      const loaded = await loadLayout(layout)
      const outbox = await open(layout, loaded)
      let handed = 0
      for (const row of layout.rows) {
        if (await retryOne(loaded, outbox, row)) handed += 1
        await loaded.reset()
      }
      return handed === 0 ? 'refused' : `ok (${handed})`
    }))

  test('resolve settles a row for good, and leaves alone what it must not touch', () =>
    step(layout, 'resolve', async () => {
      const loaded = await loadLayout(layout)
      const outbox = await open(layout, loaded)
      let resolved = 0
      for (const row of layout.rows) {
        if (await resolveOne(loaded, outbox, row)) resolved += 1
        await loaded.reset()
      }
      return resolved === 0 ? 'refused' : `ok (${resolved})`
    }))

  test('every row is what it is', () =>
    step(layout, 'list', async () => {
      const loaded = await loadLayout(layout)
      const outbox = await open(layout, loaded)
      const messages = await listed(outbox)
      const byId = new Map(messages.map((message) => [message.id, seen(message)]))
      for (const row of layout.rows) {
        const wanted = expected(layout, row)
        expect(byId.get(wanted.id), row.is).toEqual(wanted)
      }
      expect(messages.length).toBe(layout.rows.length)
      return `ok (${messages.length})`
    }))
})

/** Layouts whose retry needs more than the status, and what comes of a mapping that says only that. */
const carelessly: readonly (readonly [string, readonly string[]])[] = [
  ['cap-postgres', ['fails-again']],
  ['gruelbox', ['not-picked-up']],
  ['namastack', ['fails-again']],
  ['pg-transactional-outbox', ['fails-again']],
]

test.each(carelessly)(
  'a retry of %s that resets only the status is seen in the preview',
  async (name, risks) => {
    const layout = layouts.find((one) => one.name === name)!
    const loaded = await loadLayout(layout)
    const mapping = mappingOf(layout)
    const [first] = Object.entries(mapping.retry!.set!)
    const outbox = await open(layout, loaded, {
      ...mapping,
      retry: { ...mapping.retry, set: Object.fromEntries([first!]) },
    })
    const row = layout.rows.find((one) => one.retry === 'relayed')!
    const request = { id: idOf(layout, row), version: await versionOf(loaded, outbox, row) }
    const [preview] = await outbox.preview('retry', [request], signal())
    expect(preview?.applied).toBe(true)
    expect(preview?.risks).toEqual(risks)
  },
)
