import { expect, test } from 'vitest'
import { actingInLines } from '../../src-preload/contract/inert-text.ts'
import { addAudit, block, finding } from './support/fake-audits.ts'
import { makeMessages } from './support/fake-messages.ts'
import { addBroker, addSource, createWorld } from './support/fake-world.ts'
import { giveHeight } from './support/hands.ts'
import { mountConsole, type MountedConsole } from './support/mount-console.ts'

const ACTS = new RegExp(actingInLines.source, 'u')
/** Turns what follows around, hides a letter, breaks out of its cell; and a page that would like to run. */
const HOSTILE = 'gpj\u202eexe\u2066\u200b\u001b[31m<img src=x onerror="window.ran = true">'

/** What is heard, and what is seen on hover. */
function expectInertHints(page: MountedConsole): void {
  for (const name of ['title', 'aria-label'])
    for (const one of page.all(`[${name}]`)) expect(one.getAttribute(name)).not.toMatch(ACTS)
}

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
        chain: { key: HOSTILE, previousId: `p-${HOSTILE}` },
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
  expectInertHints(page)
  expect(page.find(`${row} .chain`).title).toContain('gpj\\u202eexe')
  // The editor puts pictures without a source of its own around what it shows instead of a mark.
  expect(document.querySelector('img:not(.cm-widgetBuffer), img[src], [onerror]')).toBeNull()
  expect('ran' in window).toBe(false)
})

test('a chain whose key turns what follows around was heard and shown on hover as another: its marks are seen', async () => {
  giveHeight()
  const world = createWorld()
  addBroker(world)
  addSource(world, { name: 'shop', messages: [], unlocked: true })
  world.chains.set(HOSTILE, [block(1, null, 'head'), block(2, 1), block(4, 3, 'gap')])
  const { audit } = addAudit(world, 'shop', { findings: [finding({ chain: HOSTILE })] })
  const page = await mountConsole({ world, locale: 'en', path: `/audits/${audit}` })
  await page.until(() => expect(page.all('[data-finding] .chain')).toHaveLength(1))
  await page.until(() => expect(page.all('.panel .key')).toHaveLength(1))
  expect(page.find('[data-finding] .chain').title).toContain('gpj\\u202eexe')
  expect(page.find('.panel').getAttribute('aria-label')).toContain('gpj\\u202eexe')
  expectInertHints(page)
})
