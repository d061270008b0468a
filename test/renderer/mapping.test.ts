import { describe, expect, test } from 'vitest'
import { DIGEST, previewOf, unmapped, type Risk } from './support/example-mapping.ts'
import { mappingOf } from './support/fake-mappings.ts'
import { addSource, createWorld, errorOf, type World } from './support/fake-world.ts'
import { button, catchDownloads, field, submit, type } from './support/hands.ts'
import { mountConsole, type MountedConsole } from './support/mount-console.ts'

function world({
  environment = 'development',
  risks = [],
}: {
  readonly environment?: 'development' | 'production'
  readonly risks?: Risk[]
} = {}): World {
  const made = createWorld({ now: () => Date.now() })
  addSource(made, { name: 'shop', environment })
  unmapped(made, 'shop', risks)
  return made
}

async function open(of: World, path = '/connections/shop/mapping', locale: 'en' | 'zh-CN' = 'en') {
  const page = await mountConsole({ world: of, path, locale })
  await page.until(() => page.find('[data-step=pick]'))
  return page
}

/** Takes the proposal; from then on live rows answer. */
async function take(of: World): Promise<MountedConsole> {
  const page = await open(of)
  await page.until(() => page.find('[data-candidate]'))
  of.switches.fail = {}
  await page.click(button(page, 'Use this mapping'))
  await page.until(() => page.find('[data-state=failed]'))
  return page
}
const mapping = (of: World) => mappingOf(of, 'shop')

async function write(page: MountedConsole, label: string, text: string): Promise<void> {
  await page.until(() => field(page, label))
  await type(field(page, label), text)
}

describe('picking a table', () => {
  test('is reached from its connection', async () => {
    const page = await mountConsole({ world: world(), path: '/connections' })
    await page.until(() => page.find('[data-test=mapping]'))
    await page.click('[data-test=mapping]')
    await page.until(() => expect(page.router.currentRoute.value.fullPath).toBe('/connections/shop/mapping'))
  })

  test('candidates stand side by side, best first, a proposal with the evidence of each guess', async () => {
    const page = await open(world())
    await page.until(() => expect(page.all('[data-candidate]')).toHaveLength(2))
    const [first, second] = page.all('[data-candidate]').map((one) => one.textContent ?? '')
    for (const part of ['62', 'Proposed mapping', 'its unique index', '95 %', 'read-only until confirmed'])
      expect(first).toContain(part)
    for (const part of ['41', 'cap', 'missing: Content', 'can only be read']) expect(second).toContain(part)
    expect(page.all('[data-table]').map((one) => one.dataset['table'])).toEqual([
      'public.msg',
      'public.customers',
    ])
    await page.click('[data-table="public.customers"]')
    await page.until(() => expect(page.text('.found [data-note=empty]')).toContain('No layout fits'))
  })

  test('says where no table looks like an outbox, and what is wrong where it cannot look', async () => {
    const made = world()
    mapping(made).candidates = []
    const page = await open(made)
    await page.until(() => expect(page.text('.found [data-note=empty]')).toContain('Pick one on the left'))
    made.switches.fail['mappings.detect shop'] = errorOf('permission-denied', {
      table: 'msg',
      privilege: 'SELECT',
    })
    await page.click('.all')
    await page.until(() => expect(page.text('.found [role=alert]')).toContain('permission-denied'))
  })
})

describe('the mapping beside live rows', () => {
  test('rows stand by state with their statement, its plan and its warning', async () => {
    const page = await take(world())
    expect(page.text('[data-state=failed] .count')).toBe('2')
    expect(page.text('[data-state=unknown] .count')).toBe('1')
    await page.click('[data-state=failed] .sql')
    const said = page.text('[data-test=statement]') ?? ''
    for (const part of ['select id from msg', 'Seq Scan', 'no index serves it']) expect(said).toContain(part)
    // Why the proposal says so stands at the field.
    expect(page.text('[data-at="times.created"]')).toContain('the name; its type')
  })

  test('a change marks what was seen as old until it is looked at again', async () => {
    const made = world()
    const page = await take(made)
    expect(page.text('[data-test=stale]')).toBeNull()
    await write(page, 'Attempts', 'tries')
    await page.until(() => page.find('[data-test=stale]'))
    await page.click('[data-test=look]')
    await page.until(() => expect(page.text('[data-test=stale]')).toBeNull())
    await write(page, 'Rule 1: compared with', 'N')
    await page.click('.head input[value=json]')
    await page.until(() => expect(page.find('.cm-content').textContent).toContain('"value": "tries"'))
    expect(page.find('.cm-content').textContent).toContain('"equals": "N"')
  })

  test('faults stand at their place, in the fields and in the JSON', async () => {
    const made = world()
    mapping(made).problems = () => [{ at: 'columns.is_dead', problem: 'a local time needs its zone' }]
    const page = await take(made)
    await page.until(() => expect(page.text('[data-test=faults]')).toContain('1 fault'))
    expect(page.text('[data-at="columns.is_dead"] [role=alert]')).toContain('a local time needs its zone')
    await page.click('.head input[value=json]')
    await page.until(() => expect(page.find('.cm-fault').dataset['fault']).toContain('needs its zone'))
    expect(page.find('.cm-fault').textContent).toContain('is_dead')
    await page.click('[data-step=confirm]')
    expect(page.find('[data-test=confirm]').hasAttribute('disabled')).toBe(true)
  })

  test('an answer that does not come leaves what is written, and says what to do', async () => {
    const made = world()
    const page = await take(made)
    made.switches.fail['mappings.preview shop'] = errorOf('column-missing', {
      table: 'msg',
      columns: 'tries',
    })
    await write(page, 'Attempts', 'tries')
    await page.click('[data-test=look]')
    await page.until(() => expect(page.text('[role=alert]')).toContain('tries'))
    expect((field(page, 'Attempts') as HTMLInputElement).value).toBe('tries')
  })
})

describe('what retry would do', () => {
  test.each([
    ['fails-again', 'The row would fail again.'],
    ['purged', 'The row would be purged.'],
    ['not-picked-up', 'The row would never be picked up.'],
    ['waits', 'The row would wait.'],
  ] as const)('%s is told at the row, and nothing can be saved', async (risk, words) => {
    const made = world({ risks: [risk] })
    const page = await take(made)
    await page.click('[data-step=acts]')
    await page.until(() => expect(page.text(`[data-action=retry] [data-risk=${risk}]`)).toContain(words))
    expect(page.text('[data-preview="5"]')).toContain('phase 1 → 0')
    expect(page.find('[data-step=acts] .wrong')).toBeTruthy()
    await page.click('[data-step=confirm]')
    await page.until(() => expect(page.text('[data-test=against]')).toContain('cannot be saved'))
    expect(page.text('[data-test=against]')).toContain(words)
    for (const one of ['confirm', 'save-only'])
      expect(page.find(`[data-test=${one}]`).hasAttribute('disabled')).toBe(true)
    expect(mapping(made).saved).toEqual([])
  })

  test('a column more is written by typing its name and its value', async () => {
    const page = await take(world())
    await page.click('[data-step=acts]')
    await write(page, 'Column that retry sets', 'tries')
    await page.click(page.find('[data-at="retry.set"] .add'))
    await write(page, 'Retry sets tries', '1')
    await page.click('.head input[value=json]')
    await page.until(() => expect(page.find('.cm-content').textContent).toContain('"tries": 1'))
  })
})

describe('confirming', () => {
  test('names the digest and what is allowed; then a row can be handed back', async () => {
    const made = world()
    mapping(made).handsBack = new Set(['5'])
    const page = await take(made)
    await page.click('[data-step=confirm]')
    await page.until(() => expect(page.text('[data-test=digest]')).toBe(DIGEST))
    expect(page.text('dl')).toContain('No resend: no column for a claim')
    await page.click('[data-test=confirm]')
    page.find('.sheet').dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }))
    await page.until(() => page.find('[data-test=confirmed]'))
    expect(mapping(made).saved).toMatchObject([
      { confirm: true, typedName: null, draft: { table: 'public.msg' } },
    ])
    await page.click(page.find('[data-retry="5"] button.n-button'))
    await page.until(() => expect(page.text('[role=dialog]')).toContain('Unlock shop'))
    await submit(page)
    await page.until(() => expect(page.text('[role=dialog]')).toContain('Hand back messages of shop'))
    await type(field(page, 'Reason'), 'mended')
    await submit(page)
    await page.until(() =>
      expect(page.text('[role=dialog] [role=status]')).toContain('1 message was handed back'),
    )
  })

  test('production asks for the name of the source', async () => {
    const made = world({ environment: 'production' })
    const page = await take(made)
    await page.click('[data-step=confirm]')
    await page.until(() => page.find('[data-test=confirm]'))
    expect(page.find('[data-test=confirm]').hasAttribute('disabled')).toBe(true)
    await type(field(page, 'Name of the source'), 'shop')
    page.find('.sheet').dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }))
    await page.until(() => expect(mapping(made).saved).toMatchObject([{ typedName: 'shop' }]))
  })

  test('a table that has another shape by now is read-only, and says what changed', async () => {
    const made = world()
    made.switches.fail = {}
    const { mapping: data } = (mapping(made).current = {
      ...mapping(made).current,
      mapping: { key: 'id', times: {} },
    })
    const confirmed = {
      source: 'shop',
      digest: 'e'.repeat(64),
      operator: 'mira',
      actions: ['retry' as const],
    }
    const before = { ...confirmed, at: '2026-11-20T08:00:00.000Z', changed: ['table' as const] }
    mapping(made).preview = () => ({ ...previewOf('shop', [], data ?? {}), before })
    const page = await open(made)
    await page.until(() => expect(page.text('[data-test=drift]')).toContain('another shape'))
    expect(page.text('[data-test=drift]')).toContain('mira')
    expect(page.find('[data-standing=changed]').textContent).toContain('read-only')
    await page.click(button(page, 'Look at it and confirm'))
    await page.until(() => expect(page.text('[data-test=digest]')).toBe(DIGEST))
  })

  test('an empty table can be saved for reading only', async () => {
    const made = world()
    mapping(made).preview = (draft) => ({
      ...previewOf('shop', [], draft?.mapping ?? {}),
      states: [],
      actions: [],
    })
    const page = await open(made)
    await page.until(() => page.find('[data-candidate]'))
    made.switches.fail = {}
    await page.click(button(page, 'Use this mapping'))
    await page.click('[data-step=confirm]')
    await page.until(() => expect(page.text('[data-note=partial]')).toContain('no row on which'))
    page.find('.sheet').dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }))
    await page.until(() => expect(mapping(made).saved).toMatchObject([{ confirm: false }]))
  })

  test("Redrive's own layout needs no confirmation", async () => {
    const made = createWorld()
    addSource(made, { name: 'shop' })
    const page = await open(made, '/connections/shop/mapping?step=confirm')
    await page.until(() => expect(page.text('.step [data-note=empty]')).toContain('nobody has to confirm'))
  })
})

describe('files, keys, languages', () => {
  test('the mapping is exported under its digest, and taken in again', async () => {
    const files = catchDownloads()
    const made = world()
    const page = await take(made)
    await page.click(button(page, 'Export'))
    expect([...files.keys()]).toEqual(['mapping-shop-draft.json'])
    const text = (await files.get('mapping-shop-draft.json')?.()) ?? ''
    expect(JSON.parse(text)).toMatchObject({ key: 'id', messageId: 'msg_key' })
    const picker = page.find('input[type=file]') as HTMLInputElement
    const give = (name: string, content: string): void => {
      Object.defineProperty(picker, 'files', { value: [new File([content], name)], configurable: true })
      picker.dispatchEvent(new Event('change'))
    }
    give('bad.json', '[]')
    await page.until(() => expect(page.text('.head [role=alert]')).toContain('no mapping'))
    give('good.json', text.replace('msg_key', 'other_key'))
    await page.until(() => expect((field(page, 'Message id') as HTMLInputElement).value).toBe('other_key'))
  })

  test('digits and brackets walk the steps', async () => {
    const page = await take(world())
    await page.press('4')
    await page.until(() => expect(page.find('[aria-current=step]').dataset['step']).toBe('acts'))
    await page.press(']')
    await page.until(() => expect(page.find('[aria-current=step]').dataset['step']).toBe('confirm'))
  })

  test('speaks Chinese, and keeps what it shows while the engine is away', async () => {
    const page = await open(world(), '/connections/shop/mapping', 'zh-CN')
    await page.until(() => expect(page.text('[data-candidate]')).toContain('建议的映射'))
    expect(page.text('[data-step=places]')).toContain('消费凭据')
    page.cut({ down: true })
    await page.until(() => page.find('[data-note=disconnected]'))
    expect(page.all('[data-candidate]')).toHaveLength(2)
  })
})
