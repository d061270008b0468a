import { expect, test } from 'vitest'
import { actingInLines } from '../../src-preload/contract/inert-text.ts'
import { makeMessages } from './support/fake-messages.ts'
import { addBroker, addSource, createWorld } from './support/fake-world.ts'
import { mountConsole } from './support/mount-console.ts'

const ACTS = new RegExp(actingInLines.source, 'u')
/** Turns what follows around, hides a letter, breaks out of its cell; and a page that would like to run. */
const HOSTILE = 'gpj\u202eexe\u2066\u200b\u001b[31m<img src=x onerror="window.ran = true">'

test('a message that turns the order of what is read showed another id than it had: its marks are seen', async () => {
  const world = createWorld()
  const [message, ...others] = makeMessages({ count: 5, nowMs: world.now(), mix: { failed: 1 } })
  if (message === undefined) throw new Error('no message')
  addBroker(world)
  addSource(world, {
    name: 'shop',
    messages: [
      {
        ...message,
        messageId: `m-${HOSTILE}`,
        type: HOSTILE,
        lastError: HOSTILE,
        destination: { exchange: HOSTILE, routingKey: HOSTILE },
        payload: JSON.stringify({ note: HOSTILE }),
        headers: JSON.stringify({ [HOSTILE]: HOSTILE }),
      },
      ...others,
    ],
    unlocked: true,
  })
  const page = await mountConsole({ world, locale: 'en', path: '/inbox?source=shop&q=trouble%3Afailed' })
  const row = `[role=row][data-id="${message.id}"]`
  await page.until(() => expect(page.all(row)).toHaveLength(1))
  await page.click(page.find(row))
  await page.until(() => expect(document.body.textContent).toContain(`m-gpj\\u202eexe`))
  await page.until(() => expect(page.all('.cm-specialChar').length).toBeGreaterThan(0))
  const raw = page
    .all('*')
    .filter((one) =>
      [...one.childNodes].some((node) => node.nodeType === 3 && ACTS.test(node.nodeValue ?? '')),
    )
  expect(raw.map((one) => one.outerHTML)).toEqual([])
  for (const labelled of page.all('[aria-label]'))
    expect(labelled.getAttribute('aria-label')).not.toMatch(ACTS)
  // The editor puts pictures without a source of its own around what it shows instead of a mark.
  expect(document.querySelector('img:not(.cm-widgetBuffer), img[src], [onerror]')).toBeNull()
  expect('ran' in window).toBe(false)
})
