import { expect, test } from 'vitest'
import { PLAN_FILE_BYTES_MAX, usePlanImport } from '../../src-renderer/app/state/plan-import.ts'
import { makeMessages } from './support/fake-messages.ts'
import { makePlan, planOf } from './support/fake-plans.ts'
import { addBroker, addSource, createWorld, type World } from './support/fake-world.ts'
import { mountConsole, type MountedConsole } from './support/mount-console.ts'

function shop(): World {
  const world = createWorld({ now: () => Date.now() })
  addBroker(world)
  addSource(world, { name: 'shop', messages: makeMessages({ count: 120, nowMs: world.now() }) })
  return world
}

/** The file of a plan that another console made: the header, then a line for each message. */
function planLines(): readonly string[] {
  const world = shop()
  const { plan } = makePlan(world, {
    source: 'shop',
    selection: { kind: 'filter', filter: { trouble: 'failed' } },
  })
  const { items, ...header } = planOf(world, plan)
  return [JSON.stringify({ ...header, items: items.length }), ...items.map((item) => JSON.stringify(item))]
}

const open = (page: MountedConsole, ...files: File[]): void =>
  void page.app.runWithContext(() => usePlanImport()).take(files)
const dialog = (page: MountedConsole): string => page.text('[role=dialog]') ?? ''

test('a plan file is taken in and shown as any other plan: locked, to be read, run by nobody', async () => {
  const lines = planLines()
  const world = shop()
  const page = await mountConsole({ world, path: '/jobs' })
  open(page, new File([lines.join('\n')], 'night.redrive-plan'))
  await page.until(() => expect(page.router.currentRoute.value.name).toBe('plan'))
  await page.until(() => expect(dialog(page)).toContain('Unlock shop'))
  expect(page.text('.headline')).toContain(`${lines.length - 1} messages`)
  expect(world.jobs.size).toBe(0)
  expect(world.imports.size).toBe(0)
})

const refused: readonly (readonly [string, () => readonly File[], string])[] = [
  [
    'cut off',
    () => [new File([planLines().slice(0, -1).join('\n')], 'a')],
    'not a plan that Redrive can read',
  ],
  ['two files', () => [new File(['{}'], 'a'), new File(['{}'], 'b')], 'One plan file at a time'],
  ['empty', () => [new File(['\n'], 'a')], 'the file is empty or is no text'],
  ['a picture', () => [new File([new Uint8Array([0x89, 0x50, 0xff, 0xd8])], 'a')], 'or is no text'],
  [
    'endless',
    () => [new File([`${planLines()[0]}\n`, 'x'.repeat(4_000_001)], 'a')],
    'line 2 has more than 4,000,000',
  ],
  ['huge', () => [hugeFile()], 'The file has 3.0 GB; here a plan file may have 2 GB'],
]

test.for(refused)(
  'what is no plan is refused in words and leaves nothing behind: %s',
  async ([, files, words]) => {
    const world = shop()
    const page = await mountConsole({ world, path: '/jobs' })
    open(page, ...files())
    await page.until(() => expect(dialog(page)).toContain(words))
    expect(world.plans.size).toBe(0)
  },
)

function hugeFile(): File {
  const file = new File([''], 'a')
  Object.defineProperty(file, 'size', { value: PLAN_FILE_BYTES_MAX * 1.5 })
  return file
}

test('a link leads to its message by id or by key, and says why where there is none', async () => {
  const world = shop()
  const [message] = world.sources.get('shop')?.messages ?? []
  if (message === undefined) throw new Error('the world is empty')
  const page = await mountConsole({ world, path: '/' })
  for (const name of [message.messageId, message.id]) {
    await page.router.push({ name: 'message', query: { source: 'shop', message: name } })
    await page.until(() => expect(page.find('[data-inspector]').dataset['inspector']).toBe(message.id))
    expect(page.router.currentRoute.value.query).toMatchObject({ source: 'shop', id: message.id })
  }
  await page.router.push({ name: 'message', query: { source: 'shop', message: 'gone' } })
  await page.until(() => expect(page.text('[data-note=empty]')).toContain('No message gone is in shop'))
  await page.router.push({ name: 'message', query: { source: 'elsewhere', message: 'm' } })
  await page.until(() => expect(page.text('[data-note=empty]')).toContain('has no source of that name'))
  await page.router.push({ name: 'message', query: { source: '../shop', message: 'm' } })
  await page.until(() => expect(page.text('[data-note=empty]')).toContain('does not name a message'))
})
