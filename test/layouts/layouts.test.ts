import { expect, test } from 'vitest'
import type { Action, Layout, LayoutRow } from './layout.ts'
import { identityOf } from './layout.ts'
import { loadLayout } from './load.ts'
import type { LoadedLayout } from './load.ts'
import { layouts } from './layouts.ts'

const sortedNames = (rows: readonly LayoutRow[]): string[] => rows.map((row) => row.is).sort()

/** Job queues are read-only for Redrive; what their own tool does is proven on the rows that are given up. */
function retriable(layout: Layout): readonly LayoutRow[] {
  if (layout.retry === undefined) return []
  const own = layout.refuses.retry !== undefined
  return layout.rows.filter((row) =>
    own ? row.shows.state === 'failed' : row.retry === 'relayed' || row.retry === 'queued',
  )
}

function resolvable(layout: Layout): readonly LayoutRow[] {
  return layout.rows.filter((row) => ['purgeable', 'stays', 'gone'].includes(row.resolve))
}

type Snapshot = Awaited<ReturnType<LoadedLayout['snapshot']>>

function changedColumns(before: Snapshot, after: Snapshot, name: string): string[] {
  const [old, now] = [before.get(name), after.get(name)]
  if (old === undefined || now === undefined) return []
  return Object.keys(old).filter((column) => old[column] !== now[column])
}

/** Nothing but the row itself has changed, and of it only what the action names. */
function expectOnly(action: Action, row: LayoutRow, [before, after]: readonly [Snapshot, Snapshot]): void {
  for (const name of before.keys())
    if (name !== row.is) expect(changedColumns(before, after, name), `${name} after "${row.is}"`).toEqual([])
  const changed = changedColumns(before, after, row.is)
  expect(action.changes, `changed of "${row.is}"`).toEqual(expect.arrayContaining(changed))
}

async function tryRetry(loaded: LoadedLayout, row: LayoutRow, action: Action): Promise<void> {
  const before = await loaded.snapshot()
  expect(await loaded.on(row, action.safe)).toBeNull()
  expectOnly(action, row, [before, await loaded.snapshot()])
  const picked = await loaded.named(loaded.layout.relay.picks)
  if (row.retry === 'queued') expect(picked).not.toContain(row.is)
  else expect(picked).toContain(row.is)
  await loaded.reset()
  if (action.careless === undefined || row.relayed || row.retry === 'queued') return
  const problem = await loaded.on(row, action.careless.statement)
  if (action.careless.comesTo === 'rejected') expect(problem).not.toBeNull()
  else expect(problem).toBeNull()
  expect(await loaded.named(loaded.layout.relay.picks), `carelessly: ${row.is}`).not.toContain(row.is)
  await loaded.reset()
}

async function tryResolve(loaded: LoadedLayout, row: LayoutRow, action: Action): Promise<void> {
  const { layout } = loaded
  const before = await loaded.snapshot()
  expect(await loaded.on(row, action.safe)).toBeNull()
  const after = await loaded.snapshot()
  expect(after.has(row.is), row.is).toBe(row.resolve !== 'gone')
  if (row.resolve !== 'gone') expectOnly(action, row, [before, after])
  const picked = await loaded.named(layout.relay.picks)
  expect(picked, row.is).not.toContain(row.is)
  for (const next of row.unblocks ?? []) expect(picked, `after "${row.is}"`).toContain(next)
  const purged = await loaded.named(layout.purge === undefined ? [] : [layout.purge])
  if (row.resolve === 'purgeable') expect(purged, `purge of "${row.is}"`).toContain(row.is)
  if (row.resolve === 'stays') expect(layout.purge, 'nothing purges').toBeUndefined()
  await loaded.reset()
  if (action.careless === undefined) return
  if (action.careless.comesTo === 'still-blocks' && row.unblocks === undefined) return
  expect(await loaded.on(row, action.careless.statement)).toBeNull()
  if (action.careless.comesTo === 'still-blocks')
    for (const next of row.unblocks ?? [])
      expect(await loaded.named(layout.relay.picks), `blocked by "${row.is}"`).not.toContain(next)
  else expect(await loaded.named([layout.purge!]), `carelessly: ${row.is}`).not.toContain(row.is)
  await loaded.reset()
}

/** The columns of the primary key, in order, as the server's catalogue has them. */
async function primaryKey({ layout, database }: LoadedLayout): Promise<readonly (string | null)[]> {
  const inPostgres = layout.engine === 'postgres'
  const [table, schema] = (inPostgres ? layout.tables[0]!.split('.') : [layout.tables[0]!]).reverse()
  const here = inPostgres ? 'current_schema()' : 'database()'
  const rows = await database.sql(`select k.column_name as name from information_schema.key_column_usage k
    join information_schema.table_constraints c on c.constraint_name = k.constraint_name
      and c.table_schema = k.table_schema and c.table_name = k.table_name
    where c.constraint_type = 'PRIMARY KEY' and k.table_name = '${table}'
      and k.table_schema = ${schema === undefined ? here : `'${schema}'`}
    order by k.ordinal_position`)
  return rows.map((row) => row['name']!)
}

test('every layout has a name of its own, and every row a name and a key of its own', () => {
  expect(new Set(layouts.map((layout) => layout.name)).size).toBe(layouts.length)
  for (const layout of layouts) {
    expect(new Set(layout.rows.map((row) => row.is)).size, layout.name).toBe(layout.rows.length)
    for (const row of layout.rows)
      for (const column of identityOf(layout))
        expect(row.cells, `${layout.name}: ${row.is}`).toHaveProperty(column)
  }
})

async function expectRows(loaded: LoadedLayout): Promise<void> {
  const { layout } = loaded
  expect(await primaryKey(loaded)).toEqual(layout.key)
  const snapshot = await loaded.snapshot()
  expect([...snapshot.keys()].sort()).toEqual(sortedNames(layout.rows))
  for (const column of layout.untouchable.filter((name) => name !== '*'))
    expect([...snapshot.values()][0], 'untouchable').toHaveProperty(column)
  const relayed = layout.rows.filter((row) => row.relayed)
  expect(await loaded.named(layout.relay.picks)).toEqual(sortedNames(relayed))
}

async function expectEvidence({ layout, database }: LoadedLayout): Promise<void> {
  if (layout.evidence === undefined) return
  const ids = (await database.sql(layout.evidence.consumed)).map((row) => row['id'])
  const consumed = layout.rows.filter((row) => row.shows.evidence === 'consumed')
  expect(ids.sort()).toEqual(consumed.map((row) => row.shows.messageId).sort())
}

async function expectCopy(loaded: LoadedLayout): Promise<void> {
  const { copy, rows } = loaded.layout
  if (copy === undefined) return
  const before = await loaded.snapshot()
  expect(await loaded.on(rows[0]!, copy)).toBeNull()
  const after = await loaded.snapshot()
  expect(after.size).toBe(before.size + 1)
  for (const name of before.keys()) expect(changedColumns(before, after, name)).toEqual([])
}

test.each(layouts.map((layout) => [layout.name, layout] as const))(
  '%s: its relay takes the rows that it should; what is safe brings a row back or settles it, what is careless does not',
  async (_name, layout) => {
    const loaded = await loadLayout(layout)
    await expectRows(loaded)
    await expectEvidence(loaded)
    for (const row of retriable(layout)) await tryRetry(loaded, row, layout.retry!)
    if (layout.resolve === undefined) expect(resolvable(layout)).toEqual([])
    else for (const row of resolvable(layout)) await tryResolve(loaded, row, layout.resolve)
    await expectCopy(loaded)
  },
)
