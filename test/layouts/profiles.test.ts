import { afterAll, expect, test } from 'vitest'
import { parseMapping } from '../../src-main/adapters/mapping-schema/parse.ts'
import { detectLayouts } from '../../src-main/adapters/profiles/detect.ts'
import { shippedProfiles } from '../../src-main/adapters/profiles/shipped.ts'
import { refusable } from '../../src-main/domain/mapping/mapping.ts'
import type { Mapping } from '../../src-main/domain/mapping/mapping.ts'
import { refusalOf } from '../../src-main/domain/mapping/refusals.ts'
import type { Outbox } from '../../src-main/ports/outbox.ts'
import type { Layout, LayoutRow } from './layout.ts'
import { loadLayout } from './load.ts'
import type { LoadedLayout } from './load.ts'
import { tableAndNeighbours } from './shapes.ts'
import { layouts } from './layouts.ts'
import { plain } from '../../src-main/domain/text.ts'
import {
  consumedIds,
  expected,
  idOf,
  listed,
  mappingOf,
  open,
  resolveOne,
  retryOne,
  seen,
  signal,
  versionOf,
} from './profiled.ts'

const steps = ['detect', 'list', 'retry', 'resolve', 'evidence', 'refuse'] as const
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

async function detected(layout: Layout, loaded: LoadedLayout): Promise<string> {
  const name = layout.profile ?? layout.name
  const [table, neighbours] = await tableAndNeighbours(loaded)
  const found = detectLayouts(table, neighbours).find((one) => one.profile === name)
  expect(found?.mapping.profile).toBe(name)
  return `ok (${found!.score})`
}

async function rowsListed(layout: Layout, outbox: Outbox): Promise<string> {
  const messages = await listed(outbox)
  const all = messages.map(seen)
  for (const row of layout.rows) {
    const wanted = expected(layout, row)
    // Without a key an id may be that of several rows.
    const [found, ...twins] = all.filter(({ id }) => id === wanted.id)
    if (twins.length === 0) expect(found, row.is).toEqual(wanted)
    else expect([found, ...twins], row.is).toContainEqual(wanted)
  }
  expect(messages.length).toBe(layout.rows.length)
  return `ok (${messages.length})`
}

async function evident(layout: Layout, loaded: LoadedLayout): Promise<string> {
  const { evidence } = mappingOf(layout)
  expect(evidence?.retentionSec).toBe(layout.evidence?.retentionSec)
  if (evidence === undefined) return 'none'
  const consumed = layout.rows.filter((row) => row.shows.evidence === 'consumed')
  const ids = await consumedIds(layout, loaded)
  expect([...ids].sort()).toEqual(consumed.map((row) => idOf(layout, row)).sort())
  return `ok (${ids.length})`
}

type Act = (loaded: LoadedLayout, outbox: Outbox, row: LayoutRow) => Promise<boolean>

/** Tries an action on every row, each on the rows as they were at first. */
async function acted(loaded: LoadedLayout, outbox: Outbox, act: Act): Promise<string> {
  let applied = 0
  for (const row of loaded.layout.rows) {
    if (!(await act(loaded, outbox, row))) continue
    applied += 1
    await loaded.reset()
  }
  return applied === 0 ? 'refused' : `ok (${applied})`
}

function refused(layout: Layout): string {
  const mapping = mappingOf(layout)
  for (const action of refusable) {
    const refusal = refusalOf(mapping, action)
    const wanted = layout.refuses[action] !== undefined || (action === 'resend' && layout.retry === undefined)
    if (wanted || action === 'retry' || action === 'resolve')
      expect(refusal !== null, `${action}: ${plain(refusal?.reason ?? '')}`).toBe(wanted)
    if (refusal !== null) expect(refusal.reason && refusal.instead).toBeTruthy()
  }
  return refusable.filter((action) => refusalOf(mapping, action) !== null).join(' ')
}

test.each(layouts.map((layout) => [layout.name, layout] as const))(
  '%s is recognised, listed, handed to its own relay, resolved and refused as it should be',
  async (_name, layout) => {
    const loaded = await loadLayout(layout)
    const outbox = await open(layout, loaded)
    await step(layout, 'detect', () => detected(layout, loaded))
    await step(layout, 'list', () => rowsListed(layout, outbox))
    await step(layout, 'evidence', () => evident(layout, loaded))
    await step(layout, 'refuse', async () => refused(layout))
    await step(layout, 'retry', () => acted(loaded, outbox, retryOne))
    await step(layout, 'resolve', () => acted(loaded, outbox, resolveOne))
  },
)

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
