import { beforeEach, expect, test } from 'vitest'
import type { JournalEntry } from '../../src-preload/contract/journal.ts'
import {
  addBroker,
  addSource,
  changed,
  createWorld,
  errorOf,
  note,
  type World,
} from './support/fake-world.ts'
import { button, catchDownloads, giveHeight } from './support/hands.ts'
import { mountConsole, type MountedConsole } from './support/mount-console.ts'

beforeEach(() => giveHeight())

function shop(): World {
  const world = createWorld({ now: () => Date.now() })
  addBroker(world)
  addSource(world, { name: 'shop' })
  addSource(world, { name: 'payments' })
  note(world, { action: 'source-unlocked', source: 'shop', detail: { minutes: 15 } })
  note(world, {
    action: 'plan-created',
    source: 'shop',
    subject: 'plan-1',
    detail: { items: 214, skipped: 3 },
  })
  note(world, { action: 'job-started', source: 'shop', subject: 'job-1', detail: { items: 214 } })
  note(world, { action: 'resolved', source: 'payments', detail: { applied: 2, reason: 'delivered by hand' } })
  return world
}

const sentences = (page: MountedConsole): (string | undefined)[] =>
  page.all('[data-test=sentence]').map((one) => one.textContent?.replace(/\s+/g, ' ').trim())

test('each entry reads as a sentence, newest first, with the words of the operator', async () => {
  const page = await mountConsole({ world: shop(), path: '/journal' })
  await page.until(() =>
    expect(sentences(page)).toEqual([
      'Resolved 2 messages “delivered by hand”',
      'Started to resend 214 messages',
      'Planned to resend 214 messages, 3 left out',
      'Unlocked for 15 minutes',
    ]),
  )
})

test('the same entries in Chinese', async () => {
  const page = await mountConsole({ world: shop(), path: '/journal', locale: 'zh-CN' })
  await page.until(() =>
    expect(sentences(page)).toEqual([
      '将 2 条消息标记已处理 “delivered by hand”',
      '开始重发 214 条消息',
      '计划重发 214 条消息，另有 3 条跳过',
      '解锁 15 分钟',
    ]),
  )
})

test('the address narrows by source, by kind of action and by what an entry belongs to', async () => {
  const page = await mountConsole({ world: shop(), path: '/journal?source=payments' })
  await page.until(() => expect(sentences(page).length).toBe(1))
  await page.router.push('/journal?group=connections')
  await page.until(() => expect(sentences(page)).toEqual(['Unlocked for 15 minutes']))
  await page.router.push('/journal?subject=job-1')
  await page.until(() => expect(sentences(page)).toEqual(['Started to resend 214 messages']))
  await page.click(button(page, 'Clear the filter'))
  await page.until(() => expect(sentences(page).length).toBe(4))
})

test('an entry opens to its detail, its hashes and its job', async () => {
  const world = shop()
  const page = await mountConsole({ world, path: '/journal' })
  await page.until(() => expect(sentences(page).length).toBe(4))
  await page.click('[data-entry="3"] button')
  await page.until(() => expect(page.text('.detail')).toContain(world.journal[2]?.hash))
  expect(page.text('.detail')).toContain(world.journal[2]?.previousHash)
  expect(page.text('.detail')).toContain('"items": 214')
  expect(page.find('.detail a').getAttribute('href')).toBe('#/jobs/job-1')
})

test('new entries appear on top', async () => {
  const world = shop()
  const page = await mountConsole({ world, path: '/journal' })
  await page.until(() => expect(sentences(page).length).toBe(4))
  note(world, { action: 'source-locked', source: 'shop' })
  changed(world)
  await page.until(() => expect(sentences(page)[0]).toBe('Locked again'))
  expect(sentences(page).length).toBe(5)
})

test('an intact journal gives its number of entries and the hash to keep elsewhere', async () => {
  const world = shop()
  const page = await mountConsole({ world, path: '/journal' })
  await page.until(() => expect(sentences(page).length).toBe(4))
  await page.click('[data-test=verify]')
  await page.until(() => expect(page.text('[data-test=verdict]')).toContain('Intact: 4 entries.'))
  expect(page.text('[data-test=verdict]')).toContain(world.journal.at(-1)?.hash)
})

test('a broken journal says where, how and what it means', async () => {
  const world = shop()
  world.switches.journalIntact = false
  const page = await mountConsole({ world, path: '/journal' })
  await page.until(() => expect(sentences(page).length).toBe(4))
  await page.click('[data-test=verify]')
  await page.until(() => expect(page.text('[data-test=verdict]')).toContain('Broken at entry 2.'))
  const verdict = page.find('[data-test=verdict]')
  expect(verdict.getAttribute('role')).toBe('alert')
  expect(verdict.textContent).toContain('An entry was changed after it was written.')
  expect(verdict.textContent).toContain('From there on the journal proves nothing')
  expect(verdict.textContent).toContain('Keep a copy of the file as it is')
})

test('the export is the whole journal, oldest first, one entry a line, and its signed end', async () => {
  const world = shop()
  for (let more = 0; more < 2_100; more += 1) note(world, { action: 'source-locked', source: 'shop' })
  const page = await mountConsole({ world, path: '/journal?source=payments' })
  const files = catchDownloads()
  await page.until(() => button(page, 'Export as JSON lines'))
  await page.click(button(page, 'Export as JSON lines'))
  await page.until(() => expect(page.root.textContent).toContain('Exported 2,104 entries'))
  const [[name, read] = []] = [...files]
  expect(name).toMatch(/^redrive-journal-.*\.jsonl$/)
  const lines = ((await read?.()) ?? '').trimEnd().split('\n')
  const entries = lines.filter((line) => !line.startsWith('{"type":'))
  expect(entries.map((line) => (JSON.parse(line) as JournalEntry).hash)).toEqual(
    world.journal.map(({ hash }) => hash),
  )
  const signatures = lines.slice(-2).map((line) => (JSON.parse(line) as { type: string }).type)
  expect(signatures).toEqual(['checkpoint', 'end'])
  expect(lines).toHaveLength(entries.length + 2)
})

test('older entries come as they are looked at', async () => {
  const world = shop()
  for (let more = 0; more < 150; more += 1) note(world, { action: 'source-locked', source: 'shop' })
  const page = await mountConsole({ world, path: '/journal' })
  await page.until(() => expect(sentences(page).length).toBeGreaterThan(10))
  expect(page.text('.end')).toBe('Loading older entries…')
  const list = page.find('.scroller')
  list.scrollTop = 95 * 30
  list.dispatchEvent(new Event('scroll'))
  await page.until(() => expect(page.text('.end')).toBe('The first entry.'))
})

test('a journal that cannot be read is an error with a way to try again', async () => {
  const world = shop()
  world.switches.fail['journal.list'] = errorOf('store-failed', { path: 'redrive.db', problem: 'disk full' })
  const page = await mountConsole({ world, path: '/journal' })
  await page.until(() => expect(page.text('[role=alert]')).toContain('disk full'))
  world.switches.fail = {}
  await page.click(button(page, 'Try again'))
  await page.until(() => expect(sentences(page).length).toBe(4))
})
