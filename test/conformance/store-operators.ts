import { expect, test } from 'vitest'
import { TOKENS_OF_NAME_MAX } from '../../src-main/ports/operator-store.ts'
import type { NewOperatorToken } from '../../src-main/ports/operator-store.ts'
import { draft, wholeJournal } from '../support/store-samples.ts'
import type { WithStore } from '../support/store-samples.ts'

const token = (id: string, name = 'ann', role: NewOperatorToken['role'] = 'operator'): NewOperatorToken => ({
  token: id,
  name,
  role,
  digest: id.padEnd(64, '0'),
  createdBy: 'root',
  expiresAt: '2030-01-01T00:00:00.000Z',
})
const added = draft('operator-added')
const revoked = draft('operator-revoked')

export function storeConformanceOfOperators(withStore: WithStore): void {
  test('tokens are kept with their journal entry, the newest first, without what proves them', () =>
    withStore(async ({ operators, journal }) => {
      const first = await operators.add(token('t-1'), added)
      await operators.add(token('t-2', 'bob', 'viewer'), added)
      const { name, role, createdBy, expiresAt } = token('t-1')
      const kept = { token: 't-1', name, role, createdBy, expiresAt }
      expect(first).toEqual({ ...kept, createdAt: expect.any(String), revokedAt: null })
      expect(await operators.find('t-1')).toEqual(first)
      expect(await operators.find('t-3')).toBeNull()
      expect((await operators.list(10)).map((one) => [one.token, one.role])).toEqual([
        ['t-2', 'viewer'],
        ['t-1', 'operator'],
      ])
      expect(await operators.list(1)).toHaveLength(1)
      expect(JSON.stringify(await operators.list(10))).not.toContain(token('t-1').digest)
      expect(await operators.ofName('ann')).toEqual([{ ...first, digest: token('t-1').digest }])
      expect(await operators.ofName('Ann')).toEqual([])
      expect(await journal.list(wholeJournal)).toHaveLength(2)
    }))

  test('taking tokens back is done once, and written down where it was done', () =>
    withStore(async ({ operators, journal }) => {
      await operators.add(token('t-1'), added)
      await operators.add(token('t-2'), added)
      expect(await operators.revoke(['t-1', 't-9'], revoked)).toEqual(['t-1'])
      expect(await operators.revoke(['t-1'], revoked)).toEqual([])
      expect(await operators.revoke([], revoked)).toEqual([])
      expect(await operators.find('t-1')).toMatchObject({ revokedAt: expect.any(String) })
      expect(await operators.find('t-2')).toMatchObject({ revokedAt: null })
      expect(await journal.list(wholeJournal)).toHaveLength(3)
    }))

  test('of one name the oldest tokens are forgotten, of others none', () =>
    withStore(async ({ operators }) => {
      await operators.add(token('other', 'bob'), added)
      for (let at = 0; at <= TOKENS_OF_NAME_MAX; at += 1) await operators.add(token(`t-${at}`), added)
      expect(await operators.ofName('ann')).toHaveLength(TOKENS_OF_NAME_MAX)
      expect(await operators.find('t-0')).toBeNull()
      expect(await operators.find('other')).not.toBeNull()
    }))
}
