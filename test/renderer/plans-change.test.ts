import { EditorView } from '@codemirror/view'
import { beforeEach, expect, test } from 'vitest'
import type { PlanSelection } from '../../src-preload/contract/plans.ts'
import { makeMessages } from './support/fake-messages.ts'
import { addBroker, addSource, createWorld, errorOf, type World } from './support/fake-world.ts'
import { acts, button, field, giveHeight, submit, type } from './support/hands.ts'
import { mountConsole, type MountedConsole } from './support/mount-console.ts'

beforeEach(() => giveHeight())

const FAILED = { kind: 'filter', filter: { trouble: 'failed' } } as const

function shop({ count = 30 }: { count?: number } = {}): World {
  const world = createWorld({ now: () => Date.now() })
  addBroker(world)
  const messages = makeMessages({ count, nowMs: world.now(), mix: { failed: 1 } })
  addSource(world, { name: 'shop', unlocked: true, messages })
  return world
}

function messageOf(world: World, id: string) {
  const message = world.sources.get('shop')?.messages.find((one) => one.id === id)
  if (message === undefined) throw new Error(`no message ${id}`)
  return message
}

const ID = '880007'
const ONE: PlanSelection = { kind: 'ids', ids: [ID] }

async function openShop(world: World, path = '/jobs'): Promise<MountedConsole> {
  const page = await mountConsole({ world, path })
  await page.until(() => expect(page.text('.status')).toContain('rabbit'))
  return page
}

const dialog = (page: MountedConsole): string => page.text('[role=dialog]') ?? ''

/** The editor with what would be sent. */
async function editor(page: MountedConsole): Promise<EditorView> {
  return page.until(() => {
    const view = EditorView.findFromDOM(page.find('.cm-content[aria-label="To send"]'))
    if (view === null) throw new Error('no editor')
    return view
  })
}

async function write(page: MountedConsole, text: string): Promise<void> {
  const view = await editor(page)
  view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } })
}

const lastPlan = (world: World) => [...world.plans.values()].at(-1)

test('one message is edited from its detail: stored beside what is to be sent, then the plan with the difference', async () => {
  const world = shop()
  const page = await openShop(world, `/inbox?source=shop&q=trouble:failed&id=${ID}`)
  await page.until(() => button(page, 'Edit…'))
  await page.click(button(page, 'Edit…'))
  const { payload } = messageOf(world, ID)
  const view = await editor(page)
  expect(view.state.sliceDoc()).toBe(payload)
  const stored = EditorView.findFromDOM(page.find('.cm-content[aria-label="Stored"]'))
  expect(stored?.state.sliceDoc()).toBe(payload)
  expect(stored?.state.readOnly).toBe(true)
  expect(dialog(page)).toContain('Nothing is changed yet.')
  const next = payload.replace('"currency": "EUR"', '"currency": "USD"')
  await write(page, next)
  await page.until(() => expect(dialog(page)).toContain('The plan shows what differs.'))
  expect(world.plans.size).toBe(0)
  await submit(page)
  await page.until(() => button(page, 'Resend 1 message'))
  expect(lastPlan(world)?.edit).toEqual({ kind: 'payload', id: ID, payload: next })
  expect(dialog(page)).toContain('Another payload than the stored one is sent.')
  // Nobody has to ask for it.
  await page.until(() => expect(page.text('[data-test=changes] tbody')).toBe('/amount/currency"EUR""USD"'))
  await page.click(button(page, 'Show whole payloads'))
  const sent = await editor(page)
  expect(sent.state.sliceDoc()).toBe(next)
  expect(sent.state.readOnly).toBe(true)
})

test('what is no JSON is said with its place, and leads to no plan', async () => {
  const world = shop()
  const page = await openShop(world)
  acts(page).change({ source: 'shop', selection: ONE })
  await write(page, '{\n  "a": x\n}')
  await page.until(() => expect(dialog(page)).toContain('Not JSON at line 2, column 8.'))
  expect(button(page, 'Review the plan').disabled).toBe(true)
  await submit(page)
  expect(world.plans.size).toBe(0)
})

test('every character goes through: carriage returns, escapes and digits that a number would lose', async () => {
  const world = shop()
  const payload = '{\r\n  "id": 12345678901234567890,\r\n  "name": "\\u00e9"\r\n}\r\n'
  messageOf(world, ID).payload = payload
  const page = await openShop(world)
  acts(page).change({ source: 'shop', selection: ONE })
  const view = await editor(page)
  expect(view.state.sliceDoc()).toBe(payload)
  const at = payload.indexOf('7890')
  view.dispatch({ changes: { from: at, to: at + 4, insert: '7891' } })
  await page.until(() => expect(button(page, 'Review the plan').disabled).toBe(false))
  await submit(page)
  await page.until(() => button(page, 'Resend 1 message'))
  expect(lastPlan(world)?.items[0]?.payload).toBe(payload.replace('7890', '7891'))
})

test('formatting and "as stored" change the text to send; unchanged it is resent as stored', async () => {
  const world = shop()
  messageOf(world, ID).payload = '{"a":1}'
  const page = await openShop(world)
  acts(page).change({ source: 'shop', selection: ONE })
  const view = await editor(page)
  await page.click(button(page, 'Format'))
  expect(view.state.sliceDoc()).toBe('{\n  "a": 1\n}')
  await page.click(button(page, 'As stored'))
  expect(view.state.sliceDoc()).toBe('{"a":1}')
  await submit(page)
  await page.until(() => button(page, 'Resend 1 message'))
  expect(lastPlan(world)?.edit).toBeNull()
  expect(dialog(page)).toContain('Exactly as stored.')
})

test('Esc leaves the editor first, so that it throws nothing away', async () => {
  const page = await openShop(shop())
  acts(page).change({ source: 'shop', selection: ONE })
  const view = await editor(page)
  view.focus()
  const escape = () => new KeyboardEvent('keydown', { key: 'Escape', code: 'Escape', bubbles: true })
  view.contentDOM.dispatchEvent(escape())
  await page.until(() => expect(document.activeElement).not.toBe(view.contentDOM))
  expect(dialog(page)).toContain('Edit and resend')
  document.dispatchEvent(escape())
  await page.until(() => expect(page.all('[role=dialog]').length).toBe(0))
})

test('another destination is named in the plan; the own one is what the field starts with', async () => {
  const world = shop()
  const page = await openShop(world)
  acts(page).change({ source: 'shop', selection: ONE })
  await page.until(() => expect(page.text('[data-test=redirect-exchange]')).toBe('Other exchange'))
  await editor(page)
  await page.click('[data-test=redirect-exchange]')
  const exchange = field(page, 'Other exchange')
  expect((exchange as HTMLInputElement).value).toBe(messageOf(world, ID).destination.exchange)
  await type(exchange, 'x'.repeat(256))
  expect(dialog(page)).toContain('At most 255 bytes.')
  expect(button(page, 'Review the plan').disabled).toBe(true)
  await type(exchange, 'reporting')
  await submit(page)
  await page.until(() => button(page, 'Resend 1 message'))
  expect(lastPlan(world)?.redirect).toEqual({ exchange: 'reporting' })
  expect(dialog(page)).toMatch(/Sent elsewhere than stored:\s*exchange → reporting/)
  expect(page.text('[data-risk=exchange-missing]')).toContain('reporting')
})

test('a patch over many is written from the plan, leaves out what it does not fit, and can be changed again', async () => {
  const world = shop()
  messageOf(world, ID).payload = '{"other":1}'
  const page = await openShop(world)
  acts(page).resend({ source: 'shop', selection: FAILED })
  await page.until(() => button(page, 'Resend 30 messages'))
  await page.click(button(page, 'Edit or redirect…'))
  await page.until(() => field(page, 'Path 1'))
  await type(field(page, 'Path 1'), 'amount')
  expect(dialog(page)).toContain('Resend from shop')
  await page.until(() => expect(page.text('[data-operation="1"]')).toContain('A path begins with /'))
  await type(field(page, 'Path 1'), '/amount/value')
  await type(field(page, 'Value 1'), '12345678901234567890')
  await submit(page)
  await page.until(() => button(page, 'Resend 29 messages'))
  const patch = '[{"op":"replace","path":"/amount/value","value":12345678901234567890}]'
  expect(lastPlan(world)?.edit).toEqual({ kind: 'patch', patch })
  expect(page.text('[data-skip=patch-failed]')).toBe('1the patch does not fit the payload')
  // The number stands in the review as it was typed, not as a program would read it.
  expect(page.text('.change pre')).toContain('12345678901234567890')
  await page.click(button(page, 'Edit or redirect…'))
  await page.until(() => field(page, 'Value 1'))
  expect((field(page, 'Value 1') as HTMLInputElement).value).toBe('12345678901234567890')
  await page.click(button(page, 'Add an operation'))
  await type(field(page, 'Path 2'), '/lines')
  await type(field(page, 'Value 2'), '[]')
  await submit(page)
  await page.until(() => expect(page.text('.change pre')).toContain('/lines'))
  await page.until(() => button(page, 'Resend 29 messages'))
  expect(world.plans.size).toBe(3)
})

test('a patch that fits nothing is a sentence, and the way back to the patch', async () => {
  const world = shop()
  const page = await openShop(world)
  acts(page).resend({
    source: 'shop',
    selection: FAILED,
    change: { edit: { kind: 'patch', patch: '[{"op":"remove","path":"/nowhere"}]' }, redirect: null },
  })
  await page.until(() => expect(dialog(page)).toContain('There is nothing to resend in this selection.'))
  await page.click(button(page, 'Edit or redirect…'))
  await page.until(() => field(page, 'Path 1'))
  expect((field(page, 'Path 1') as HTMLInputElement).value).toBe('/nowhere')
  await type(field(page, 'Path 1'), '/lines')
  await submit(page)
  await page.until(() => button(page, 'Resend 30 messages'))
})

test('giving the edit up leaves the plan as it was', async () => {
  const world = shop()
  const page = await openShop(world)
  acts(page).resend({ source: 'shop', selection: FAILED })
  await page.until(() => button(page, 'Edit or redirect…'))
  await page.click(button(page, 'Edit or redirect…'))
  await page.until(() => field(page, 'Path 1'))
  await type(field(page, 'Path 1'), '/lines')
  const cancel = page.all('[role=dialog]').at(-1)?.querySelectorAll('.foot button')[0]
  await page.click(cancel as HTMLElement)
  await page.until(() => expect(page.all('[role=dialog]').length).toBe(1))
  expect(world.plans.size).toBe(1)
  expect(dialog(page)).toContain('Exactly as stored.')
})

test('a row that changed since has no difference to show, and says so', async () => {
  const world = shop()
  const page = await openShop(world)
  acts(page).resend({
    source: 'shop',
    selection: FAILED,
    change: { edit: { kind: 'patch', patch: '[{"op":"remove","path":"/lines"}]' }, redirect: null },
  })
  await page.until(() => expect(page.all('[data-test=plan-item]').length).toBe(20))
  world.switches.fail['plans.diff'] = errorOf('row-changed', { id: ID })
  const [difference] = page.all('[data-test=plan-item] button.more')
  await page.click(difference as HTMLElement)
  await page.until(() => expect(page.text('.list')).toContain('code row-changed'))
})
