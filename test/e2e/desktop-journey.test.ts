import { expect, test } from 'vitest'
import { startDesktop } from '../support/desktop.ts'
import { openRabbitTest } from '../support/rabbitmq.ts'
import { journey, journeyFixture } from './journey.ts'

const COMPLAINTS = [
  'csp-violation',
  'page-error',
  'page-console',
  'request-outside',
  'navigation-prevented',
  'popup',
]

test('the main job in the desktop', async (context) => {
  const fixture = await journeyFixture(await openRabbitTest(context))
  const desktop = await startDesktop()
  await journey(desktop.page, fixture)
  expect(await desktop.quit()).toBe(0)
  expect(desktop.records.filter(({ kind }) => COMPLAINTS.includes(kind))).toEqual([])
  expect(desktop.output()).toBe('')
})
