import { expect, test } from 'vitest'
import { withoutSecrets } from '../../src-main/domain/backup.ts'

test('a backup that broke mappings: a column that is called value, or is what a value is taken from, stays', () => {
  const mapping = { columns: { headers: { value: 'headers' }, attempts: { value: 'tries' } } }
  const sources = { orders: { outbox: { table: 'outbox', mapping }, password: { value: 'geheim' } } }
  expect(withoutSecrets({ sources })).toEqual({
    workspace: { sources: { orders: { ...sources.orders, password: { prompt: true } } } },
    removed: 1,
  })
})

test('what is secret goes, wherever a workspace has it; what names a place of one stays', () => {
  const call = { url: 'https://orders/check', headers: { accept: 'json', Authorization: 'Bearer geheim' } }
  const { workspace, removed } = withoutSecrets({
    store: { password: 'geheim as plain text' },
    login: { openId: { clientSecret: { value: 'geheim' } } },
    sources: {
      a: {
        password: { env: 'PASSWORD' },
        checkBack: { call: { ...call, auth: { bearer: { value: 'geheim' } } } },
      },
      b: { callback: { call: { ...call, auth: { header: 'x-key', value: { value: 'geheim' } } } } },
    },
    brokers: { kafka: { headers: { id: 'x-message-id' }, password: { command: ['vault', 'read'] } } },
  })
  expect(JSON.stringify(workspace)).not.toContain('geheim')
  expect(removed).toBe(6)
  expect(workspace).toMatchObject({
    sources: {
      a: { password: { env: 'PASSWORD' }, checkBack: { call: { headers: { accept: 'json' } } } },
      b: { callback: { call: { auth: { header: 'x-key', value: { prompt: true } } } } },
    },
    brokers: { kafka: { headers: { id: 'x-message-id' }, password: { command: ['vault', 'read'] } } },
  })
})
