import { describe, expect, test } from 'vitest'
import { createMemorySecrets } from '../../src-main/adapters/secrets-memory/memory-secrets.ts'
import { systemClock } from '../../src-main/adapters/system/clock.ts'
import { randomIds } from '../../src-main/adapters/system/ids.ts'

describe('secrets', () => {
  test('come from the workspace and from the environment', async () => {
    const secrets = createMemorySecrets({ env: { ORDERS_PASSWORD: 'p', EMPTY: '' } })
    expect(await secrets.resolve('sources.orders', { value: '' })).toBe('')
    expect(await secrets.resolve('sources.orders', { env: 'ORDERS_PASSWORD' })).toBe('p')
    for (const variable of ['NONE', 'EMPTY']) {
      await expect(secrets.resolve('sources.orders', { env: variable })).rejects.toMatchObject({
        code: 'secret-missing',
        detail: { name: 'sources.orders', variable },
      })
    }
  })

  test('are asked for once, also by two at a time, and again after a refusal', async () => {
    const asked: string[] = []
    const secrets = createMemorySecrets({
      env: {},
      prompt: async (name) => {
        asked.push(name)
        if (asked.length === 1) throw new Error('closed')
        return 'typed'
      },
    })
    const ask = (): Promise<string> => secrets.resolve('sources.orders', { prompt: true })
    await expect(ask()).rejects.toThrow('closed')
    expect(await Promise.all([ask(), ask()])).toEqual(['typed', 'typed'])
    expect(await ask()).toBe('typed')
    expect(asked).toEqual(['sources.orders', 'sources.orders'])
    await secrets.forget('sources.orders')
    await ask()
    expect(asked).toHaveLength(3)
  })

  test('that were typed are kept until they are forgotten', async () => {
    const secrets = createMemorySecrets({ env: {} })
    const ref = await secrets.keep('brokers.rabbit', 'typed')
    expect(ref).toEqual({ prompt: true })
    expect(await secrets.resolve('brokers.rabbit', ref)).toBe('typed')
    await secrets.forget('brokers.rabbit')
    await expect(secrets.resolve('brokers.rabbit', ref)).rejects.toMatchObject({ code: 'secret-missing' })
  })

  test('there is no keychain here', async () => {
    const secrets = createMemorySecrets({ env: {}, prompt: async () => 'typed' })
    await expect(secrets.resolve('sources.orders', { keychain: true })).rejects.toMatchObject({
      code: 'secret-missing',
      detail: { reason: expect.stringContaining('no keychain') },
    })
  })
})

describe('ids', () => {
  test('are short, readable, grow, and do not repeat', () => {
    const ids = randomIds()
    const all = Array.from({ length: 20_000 }, () => ids.next('job'))
    expect([...all].sort()).toEqual(all)
    expect(new Set(all).size).toBe(all.length)
    for (const id of all) expect(id).toMatch(/^job-[0-9a-hjkmnp-tv-z]{16}$/)
  })

  test('grow also where the clock is set back', () => {
    const times = [5_000, 5_000, 1_000, 6_000, 0]
    const ids = randomIds({ now: () => new Date(times.shift() ?? 0) })
    const all = Array.from({ length: 9 }, () => ids.next('plan'))
    expect([...all].sort()).toEqual(all)
    expect(new Set(all).size).toBe(all.length)
  })

  test('of two processes differ', () => {
    const now = (): Date => new Date(1_000)
    expect(randomIds({ now }).next('job')).not.toBe(randomIds({ now }).next('job'))
  })
})

describe('the clock', () => {
  test('sleeps as long as it is told', async () => {
    const before = performance.now()
    await systemClock().sleep(30, new AbortController().signal)
    expect(performance.now() - before).toBeGreaterThanOrEqual(29)
  })

  test('is woken with the reason', async () => {
    const reason = new Error('enough')
    const waiting = new AbortController()
    const sleep = systemClock().sleep(60_000, waiting.signal)
    waiting.abort(reason)
    await expect(sleep).rejects.toBe(reason)
    await expect(systemClock().sleep(1, AbortSignal.abort(reason))).rejects.toBe(reason)
  })
})
