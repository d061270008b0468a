import { expect, test } from 'vitest'
import { useNotices } from '../../src-renderer/app/state/notices.ts'
import { createWorld } from './support/fake-world.ts'
import { mountConsole } from './support/mount-console.ts'

test('what is said before the notices are read is shown once, all of it, and so is what is said later', async () => {
  const page = await mountConsole({ world: createWorld() })
  const notices = page.app.runWithContext(() => useNotices())
  const shown = (): (string | null)[] => page.all('.n-notification').map(({ textContent }) => textContent)

  expect(page.all('.n-notification')).toHaveLength(0)
  notices.tell({ title: 'first', shownMs: 60_000 })
  notices.tell({ title: 'second', content: 'with more', shownMs: 60_000 })
  await page.until(() => expect(shown()).toEqual(['first', 'secondwith more']))

  notices.tell({ title: 'third', shownMs: 60_000, more: { to: { name: 'jobs' }, text: 'see' } })
  await page.until(() => expect(shown()).toEqual(['first', 'secondwith more', 'thirdsee']))
  expect(notices.waiting).toEqual([])
})
