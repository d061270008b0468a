import { expect, test } from 'vitest'
import { openConsole } from './console.ts'
import { rows } from './pages.ts'

test('triage by keyboard alone: find what is stuck, note it, hand over', async (context) => {
  const { page, database, queue } = await openConsole(context)
  await database.sql(
    `insert into outbox_message (message_id, status, created_at, routing_key, payload, type)
     select 'm-' || n, 'pending', now() - make_interval(hours => n), $1, '{}',
       case when n = 3 then 'RoomBooked' else 'OrderPaid' end
     from generate_series(1, 3) n`,
    [queue],
  )
  const keys = page.keyboard
  // The console has been opened; from here on nothing is touched but keys.
  await keys.press('g')
  await keys.press('i')
  await page.getByRole('grid', { name: 'Messages' }).waitFor()

  // Find: the line completes the trouble, and then the type that it has seen.
  await keys.press('/')
  const line = page.getByRole('combobox', { name: 'Search messages' })
  await keys.press('Control+a')
  await keys.type('trouble:st')
  await keys.press('Tab')
  expect(await line.inputValue()).toBe('trouble:stuck ')
  await keys.press('Enter')
  await expect.poll(() => rows(page).count()).toBe(3)
  await keys.press('/')
  await keys.press('End')
  await keys.type(' type:Room')
  await page.getByRole('option', { name: 'type:RoomBooked' }).waitFor()
  await keys.press('ArrowDown')
  await keys.press('Enter')
  await keys.press('Enter')
  await expect.poll(() => rows(page).count()).toBe(1)

  // Note it, and take it.
  await keys.press('m')
  const note = page.getByRole('dialog', { name: 'Note beside m-3' })
  await note.getByRole('textbox', { name: 'Note' }).waitFor()
  await keys.press('Tab')
  await keys.press('Enter')
  await note.getByText('looks after this message').waitFor()
  await keys.press('Shift+Tab')
  await keys.type('the hotel asks again at six')
  await keys.press('Control+Enter')
  await note.waitFor({ state: 'detached' })
  await page.getByRole('img', { name: '1 note · looked after by tester' }).waitFor()

  // Hand over.
  await keys.press('g')
  await keys.press('h')
  const text = page.getByRole('dialog', { name: 'Hand over' }).locator('pre')
  await text.getByText('the hotel asks again at six').waitFor()
  const told = await text.innerText()
  expect(told).toContain('| orders | development | stuck | 3 |')
  expect(told).toContain('orders `m-3`: tester, since')
  expect(told).toContain('1 of 1 source answered')
})
