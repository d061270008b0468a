import { expect, test } from 'vitest'
import { serverAddress } from '../support/postgres-server.ts'
import { ELSEWHERE_DDL, NO_STATUS_DDL, TWO_STATUSES, TWO_STATUSES_DDL } from '../support/invented-layouts.ts'
import {
  addCompanion,
  addRule,
  box,
  confirmAndRetry,
  count,
  goToStep,
  look,
  openMappingScene,
  openWizard,
  pressOn,
  setColumn,
  tabTo,
  takeProposal,
  typeInto,
} from './mapping-scene.ts'

test('two status columns and a soft delete, mapped in the console alone', async (context) => {
  const { page, database } = await openMappingScene(context, { ddl: TWO_STATUSES_DDL })
  await openWizard(page)
  await takeProposal(page, 'public.msg')
  // What an integer means nobody but the operator knows: the rows are unknown until it is said.
  expect(await count(page, 'unknown')).toBe('5')
  await addRule(page, { state: 'sent', left: 'phase', how: 'equals', right: '2' }, 1)
  await addRule(page, { state: 'in-flight', left: 'phase', how: 'equals', right: '1' }, 3)
  await addRule(page, { state: 'retrying', left: 'tries', how: 'above', right: '1' }, 4)
  await addRule(page, { state: 'pending', left: 'phase', how: 'equals', right: '0' }, 5)
  await box(page, 'Limit').fill('4')
  await look(page)
  for (const [state, rows] of [
    ['sent', '2'],
    ['failed', '1'],
    ['in-flight', '1'],
    ['retrying', '2'],
    ['pending', '1'],
    ['unknown', '0'],
  ] as const)
    expect(await count(page, state), state).toBe(rows)

  // A retry of the status alone: the row would be given up again at once, and nothing can be saved.
  await goToStep(page, 'acts')
  await page.locator('[data-at="retry.from"]').getByRole('button', { name: 'failed' }).click()
  await setColumn(page, 'Retry', 'is_dead', 'false')
  await setColumn(page, 'Retry', 'phase', '0')
  await look(page)
  await page.locator('[data-action="retry"] [data-risk="fails-again"]').waitFor()
  await goToStep(page, 'confirm')
  await page.getByText('This mapping cannot be saved').waitFor()
  for (const one of ['confirm', 'save-only'])
    expect(await page.locator(`[data-test="${one}"]`).isDisabled(), one).toBe(true)

  await page.getByRole('button', { name: 'Mend retry' }).click()
  await setColumn(page, 'Retry', 'tries', '1')
  await setColumn(page, 'Retry', 'touched', 'now()')
  await setColumn(page, 'Retry', 'err', 'null')
  await look(page)
  expect(await page.locator('[data-risk]').count()).toBe(0)
  await confirmAndRetry(page, '5')
  expect(
    await database.sql('select phase, is_dead, tries, touched > 0 as touched from msg where id = 5'),
  ).toEqual([{ phase: '0', is_dead: 'N', tries: '1', touched: 't' }])

  // A column more, and nothing is written until somebody has looked at it.
  await database.sql('alter table msg add column locked_by text')
  await page.reload()
  await page.locator('[data-test="drift"]').getByText('The table has another shape').waitFor()
  await page.getByRole('button', { name: 'Read-only' }).first().waitFor()
})

test('no status at all, only times and a companion table, mapped in the console alone', async (context) => {
  const { page, database } = await openMappingScene(context, { ddl: NO_STATUS_DDL })
  await openWizard(page)
  await takeProposal(page, 'public.parcel')
  // Its tries are in a table of their own, found by the same key of two columns.
  await addCompanion(page, 'tries', 'parcel_try')
  await addRule(
    page,
    { state: 'failed', left: 'count(tries)', how: 'atLeast', right: 'column(tries_max)' },
    2,
  )
  await addRule(page, { state: 'retrying', left: 'tries', how: 'exists' }, 4)
  await look(page)
  expect(await count(page, 'failed')).toBe('1')
  await goToStep(page, 'acts')
  await page.locator('[data-at="retry.from"]').getByRole('button', { name: 'failed' }).click()
  await setColumn(page, 'Retry', 'tries_max', '{"add": [{"count": "tries"}, 3]}')
  await setColumn(page, 'Retry', 'next_at', 'now()')
  await look(page)
  expect(await page.locator('[data-risk]').count()).toBe(0)
  expect(await page.locator('[data-preview]').first().innerText()).not.toMatch(/[[\]"]/)
  await confirmAndRetry(page, 'a · 2')
  expect(await database.sql(`select tries_max from parcel where tenant = 'a' and no = 2`)).toEqual([
    { tries_max: '6' },
  ])
})

test('the payload in another table: the proposal is confirmed as it is', async (context) => {
  const { page, database } = await openMappingScene(context, { ddl: ELSEWHERE_DDL })
  await openWizard(page)
  await takeProposal(page, 'public.note')
  expect(await box(page, 'Payload').inputValue()).toContain('content')
  const id = '00000000-0000-0000-0000-000000000002'
  await goToStep(page, 'acts')
  await page.locator(`[data-action="retry"] [data-preview="${id}"]`).waitFor()
  await confirmAndRetry(page, id)
  expect(await database.sql('select state from note where uid = $1', [id])).toEqual([{ state: 'new' }])
})

test('a fresh connection, from its form to a row that is handed back, with the keyboard alone', async (context) => {
  const { page, database } = await openMappingScene(context, { ddl: ELSEWHERE_DDL, fresh: true })
  const server = serverAddress()
  const main = page.getByRole('main')
  const named = (name: string) => main.getByRole('textbox', { name, exact: true })
  await page.getByRole('navigation', { name: 'Pages' }).waitFor()
  await page.keyboard.press('g')
  await page.keyboard.press('c')
  await pressOn(page, page.locator('[data-add="source"]').first())
  await typeInto(page, named('Name'), 'fresh')
  await typeInto(page, named('Host'), server.host)
  await typeInto(page, named('Port'), String(server.port))
  await typeInto(page, named('Database'), database.name)
  await typeInto(page, named('User'), server.user)
  await tabTo(page, page.locator('[data-test="password-choice"]'))
  if (server.password === '') {
    await page.keyboard.press('Enter')
    const none = page.locator('.n-base-select-option--pending').filter({ hasText: 'none' })
    for (let at = 0; at < 6 && (await none.count()) === 0; at += 1) await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
  } else await typeInto(page, page.locator('input[type="password"]'), server.password)

  // Nobody knows which table it is: the test says that the one in the form is not there, and offers to look.
  await pressOn(page, page.getByRole('button', { name: 'Test this connection' }))
  await pressOn(page, page.getByRole('button', { name: 'Save, and look for its outbox…' }))
  await page.getByRole('heading', { name: 'Mapping of fresh' }).waitFor()
  await pressOn(
    page,
    page.getByRole('button', { name: 'Use this mapping: Proposed mapping for public.note' }),
  )
  await page.locator('[data-state]').first().waitFor()
  // Through every step by its key.
  for (const [key, step] of ['places', 'acts', 'confirm'].map((one, at) => [String(at + 3), one] as const)) {
    await page.keyboard.press(key)
    await page.locator(`[data-step="${step}"][aria-current="step"]`).waitFor()
  }
  await pressOn(page, page.getByRole('button', { name: 'Save and confirm the mapping of fresh' }))
  await page.locator('[data-test="confirmed"]').waitFor()

  const id = '00000000-0000-0000-0000-000000000002'
  await pressOn(page, page.getByRole('button', { name: `Retry ${id}`, exact: true }))
  const unlock = page.getByRole('dialog', { name: 'Unlock fresh' })
  await pressOn(page, unlock.getByRole('button', { name: /^Unlock/ }))
  const dialog = page.getByRole('dialog', { name: 'Hand back messages of fresh' })
  await typeInto(page, dialog.getByRole('textbox', { name: 'Reason' }), 'the receiver was down')
  await pressOn(page, dialog.getByRole('button', { name: 'Hand back 1 message' }))
  await dialog.getByText('1 message was handed back to its relay.').waitFor()
  expect(await database.sql('select state from note where uid = $1', [id])).toEqual([{ state: 'new' }])
})

test('the first fault of the JSON stood outside of what is seen', async (context) => {
  const { page } = await openMappingScene(context, { ddl: TWO_STATUSES_DDL })
  await openWizard(page)
  await takeProposal(page, 'public.msg')
  await page.locator('.head .n-radio-button').filter({ hasText: 'JSON' }).click()
  const faulty = { ...TWO_STATUSES, key: [], about: 'x', retry: { ...TWO_STATUSES.retry, set: {} } }
  const { resolve, ...others } = faulty
  const text = JSON.stringify({ ...others, settings: { a: 1, b: 2, c: 3 }, resolve }, null, 4)
  await page.locator('.cm-content').fill(text)
  const fault = page.locator('.cm-fault').first()
  await fault.waitFor()
  await expect
    .poll(async () => {
      const [line, seen] = [await fault.boundingBox(), await page.locator('.cm-scroller').boundingBox()]
      return (
        line !== null && seen !== null && line.y >= seen.y && line.y + line.height <= seen.y + seen.height
      )
    })
    .toBe(true)
  // And again, for who has gone on reading.
  await page.locator('.cm-scroller').evaluate((element) => element.scrollTo(0, element.scrollHeight))
  await page.locator('[data-test="faults"]').click()
  await page.locator('.cm-fault').first().waitFor()
})
