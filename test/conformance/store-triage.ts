import { expect, test } from 'vitest'
import { draft, wholeJournal } from '../support/store-samples.ts'
import type { WithStore } from '../support/store-samples.ts'

const message = (messageId: string, source = 'orders') => ({ source, id: `row-${messageId}`, messageId })
const note = (name: string, messageId: string, source = 'orders') => ({
  note: name,
  ...message(messageId, source),
  author: 'ann',
  text: `about ${messageId}`,
})
const view = (id: string, name: string) => ({
  view: id,
  name,
  query: 'trouble:failed age:>1h',
  source: 'orders',
  grouping: 'error' as const,
  order: 'oldest' as const,
  savedBy: 'ann',
})

export function storeConformanceOfTriage(withStore: WithStore): void {
  test('notes stay with their message, in the order of writing, each with its journal entry', () =>
    withStore(async ({ notes, journal }) => {
      const first = await notes.add(note('n-1', 'm-1'), draft('note-added', { subject: 'n-1' }))
      await notes.add(note('n-2', 'm-1'), draft('note-added', { subject: 'n-2' }))
      await notes.add(note('n-3', 'm-1', 'stock'), draft('note-added', { subject: 'n-3' }))
      const written = await notes.of('orders', 'm-1')
      expect(written.notes.map((one) => one.note)).toEqual(['n-1', 'n-2'])
      expect(written.notes[0]).toEqual(first)
      expect(written.assignment).toBeNull()
      expect((await notes.since(first.at, 2)).map((one) => one.note)).toEqual(['n-3', 'n-2'])
      expect(await notes.since('9999-01-01T00:00:00.000Z', 10)).toEqual([])
      expect((await journal.list(wholeJournal)).map(({ subject }) => subject)).toEqual(['n-1', 'n-2', 'n-3'])
    }))

  test('a message has one who looks after it, until nobody does', () =>
    withStore(async ({ notes }) => {
      await notes.assign(message('m-1'), 'ann', draft('message-assigned'))
      await notes.assign(message('m-1'), 'ben', draft('message-assigned'))
      expect((await notes.of('orders', 'm-1')).assignment).toMatchObject({ assignee: 'ben', id: 'row-m-1' })
      expect((await notes.assigned(10)).map(({ assignee }) => assignee)).toEqual(['ben'])
      expect(await notes.assign(message('m-1'), null, draft('message-assigned'))).toBeNull()
      expect(await notes.assigned(10)).toEqual([])
    }))

  test('marks name each message once, of one source only, at most as many as asked for', () =>
    withStore(async ({ notes }) => {
      await notes.add(note('n-1', 'm-1'), draft('note-added'))
      await notes.add(note('n-2', 'm-1'), draft('note-added'))
      await notes.assign(message('m-1'), 'ann', draft('message-assigned'))
      await notes.assign(message('m-2'), 'ben', draft('message-assigned'))
      await notes.add(note('n-3', 'm-3', 'stock'), draft('note-added'))
      const marks = await notes.marks('orders', 10)
      expect(marks.toSorted((a, b) => (a.messageId < b.messageId ? -1 : 1))).toEqual([
        { id: 'row-m-1', messageId: 'm-1', notes: 2, assignee: 'ann' },
        { id: 'row-m-2', messageId: 'm-2', notes: 0, assignee: 'ben' },
      ])
      expect(await notes.marks('orders', 1)).toHaveLength(1)
    }))

  test('a view is saved, renamed and removed; a name belongs to one', () =>
    withStore(async ({ views }) => {
      const saved = await views.save(view('v-1', 'since deploy'))
      await views.save(view('v-2', 'Money'))
      expect((await views.all()).map(({ name }) => name)).toEqual(['Money', 'since deploy'])
      expect((await views.all()).at(-1)).toEqual(saved)
      await expect(views.save(view('v-3', 'Money'))).rejects.toMatchObject({ code: 'name-in-use' })
      await expect(views.save(view('v-1', 'Money'))).rejects.toMatchObject({ code: 'name-in-use' })
      await views.save(view('v-1', 'after the deploy'))
      expect((await views.all()).map(({ name }) => name)).toEqual(['after the deploy', 'Money'])
      await views.remove('v-1')
      await views.remove('v-1')
      expect((await views.all()).map(({ view: id }) => id)).toEqual(['v-2'])
    }))
}
