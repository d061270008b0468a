import type { IncomingMessage } from 'node:http'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openStore } from '../../src-main/adapters/store-sqlite/open-store.ts'
import { actingAs } from '../../src-main/adapters/system/acting.ts'
import { freshSecret } from '../../src-main/adapters/system/fresh-secret.ts'
import { randomIds } from '../../src-main/adapters/system/ids.ts'
import type { EnginePorts } from '../../src-main/app/engine-ports.ts'
import { createOperators } from '../../src-main/app/operators/operators.ts'
import { createOrigins } from '../../src-main/hosts/http/origins.ts'
import { createRefusedLogins, REFUSALS_NOTED_MAX } from '../../src-main/hosts/http/refused-logins.ts'
import {
  createSessions,
  SESSION_IDLE_MS,
  SESSION_MS_MAX,
  SESSIONS_MAX,
} from '../../src-main/hosts/http/sessions.ts'
import {
  createThrottle,
  FORGET_AFTER_MS,
  KEYS_MAX,
  TRIES_FREE,
  WAIT_FIRST_MS,
} from '../../src-main/hosts/http/throttle.ts'
import { manualClock } from '../support/manual-clock.ts'
import { wholeJournal } from '../support/store-samples.ts'

const DAY_MS = 86_400_000

function open() {
  const clock = manualClock()
  const path = join(mkdtempSync(join(tmpdir(), 'redrive-operators-')), 'redrive.db')
  const store = openStore({ path, clock })
  onTestFinished(() => store.close())
  const ids = randomIds(clock)
  const ports = { ...store, clock, ids, freshSecret, ...actingAs('root') } as unknown as EnginePorts
  return { clock, path, store, operators: createOperators(ports) }
}

describe('a token', () => {
  test('lets its person in until it expires or is taken back', async () => {
    const { clock, operators } = open()
    const { token, secret } = await operators.add({ name: 'ann', role: 'operator', days: 2 })
    expect(await operators.admit('ann', secret)).toMatchObject({ name: 'ann', role: 'operator' })
    expect(await operators.admit('ann', `${secret}x`)).toBeNull()
    expect(await operators.admit('bob', secret)).toBeNull()
    expect(await operators.admit('Ann', secret)).toBeNull()
    await clock.advance(2 * DAY_MS - 1)
    expect(await operators.stands(token.token)).toBe(true)
    await clock.advance(1)
    expect(await operators.stands(token.token)).toBe(false)
    expect(await operators.admit('ann', secret)).toBeNull()
  })

  test('is 32 random bytes, and stands nowhere but with its person', async () => {
    const { path, store, operators } = open()
    const { secret } = await operators.add({ name: 'ann', role: 'viewer', days: 1 })
    const { secret: other } = await operators.add({ name: 'ann', role: 'viewer', days: 1 })
    expect(secret).toMatch(/^redrive_[\w-]{43}$/)
    expect(other).not.toBe(secret)
    const entries = JSON.stringify(await store.journal.list(wholeJournal))
    const kept = readFileSync(path, 'latin1') + readFileSync(`${path}-wal`, 'latin1') + entries
    expect(kept).toContain('operator-added')
    expect(kept).not.toContain(secret.replace('redrive_', ''))
    expect(JSON.stringify(await operators.list())).not.toContain(secret)
  })

  test('several of one name are taken back together or one by one; a name that nobody has is told', async () => {
    const { store, operators } = open()
    const made = await Promise.all(
      [1, 2, 3].map((days) => operators.add({ name: 'ann', role: 'viewer', days })),
    )
    const [first] = made
    expect(await operators.revoke(first?.token.token ?? '')).toEqual([first?.token.token])
    expect(await operators.admit('ann', first?.secret ?? '')).toBeNull()
    expect(await operators.admit('ann', made[1]?.secret ?? '')).not.toBeNull()
    expect(await operators.revoke('ann')).toHaveLength(2)
    expect(await operators.revoke('ann')).toEqual([])
    await expect(operators.revoke('nobody')).rejects.toMatchObject({ code: 'operator-unknown' })
    const entries = await store.journal.list(wholeJournal)
    expect(entries.map(({ action, operator }) => [action, operator])).toEqual([
      ...Array.from({ length: 3 }, () => ['operator-added', 'root']),
      ['operator-revoked', 'root'],
      ['operator-revoked', 'root'],
    ])
  })
})

describe('wrong logins', () => {
  test('wait twice as long each time, up to a cap, and are forgotten after an hour', () => {
    let nowMs = 0
    const throttle = createThrottle(() => nowMs, 8 * WAIT_FIRST_MS)
    for (let at = 0; at < TRIES_FREE; at += 1) {
      expect(throttle.waitMs('ann')).toBe(0)
      throttle.failed('ann')
    }
    for (const expected of [1, 2, 4, 8, 8]) {
      expect(throttle.waitMs('ann')).toBe(expected * WAIT_FIRST_MS)
      nowMs += expected * WAIT_FIRST_MS
      expect(throttle.waitMs('ann')).toBe(0)
      throttle.failed('ann')
    }
    expect(throttle.waitMs('bob')).toBe(0)
    // A clock that is set back keeps nobody out for longer.
    nowMs -= 10 * 60_000
    expect(throttle.waitMs('ann')).toBe(8 * WAIT_FIRST_MS)
    nowMs += 10 * 60_000 + FORGET_AFTER_MS
    expect(throttle.waitMs('ann')).toBe(0)
  })

  test('what was none after all is taken back, and clears nothing else', () => {
    const throttle = createThrottle(() => 0, 60_000)
    for (let at = 0; at < TRIES_FREE; at += 1) throttle.failed('address')
    const wait = throttle.waitMs('address')
    throttle.failed('address')()
    expect(throttle.waitMs('address')).toBe(wait)
    throttle.failed('new')()
    expect(throttle.waitMs('new')).toBe(0)
  })

  test('of a million names take no more room than a limit', () => {
    const throttle = createThrottle(() => 0, 60_000)
    for (let at = 0; at < TRIES_FREE; at += 1) throttle.failed('first')
    expect(throttle.waitMs('first')).toBeGreaterThan(0)
    for (let at = 0; at < KEYS_MAX; at += 1) throttle.failed(`name-${at}`)
    expect(throttle.waitMs('first')).toBe(0)
  })

  test('are noted one by one, then summed up, and nothing is left out', () => {
    let nowMs = 0
    const notes: { name: string; times: number }[] = []
    const refused = createRefusedLogins(
      () => nowMs,
      (note) => notes.push(note),
    )
    for (let at = 0; at < 1_000; at += 1) refused.add({ name: `n-${at}`, address: 'a' })
    expect(notes).toHaveLength(REFUSALS_NOTED_MAX)
    nowMs += 60_000
    refused.look()
    expect(notes.at(-1)).toEqual({ name: '*', address: 'a', times: 1_000 - REFUSALS_NOTED_MAX })
    expect(notes.reduce((sum, { times }) => sum + times, 0)).toBe(1_000)
    refused.look()
    expect(notes).toHaveLength(REFUSALS_NOTED_MAX + 1)
  })
})

describe('wrong tries and a good one at the same moment', () => {
  test('the good one took the failures of the others back as well: only its own count goes', () => {
    const throttle = createThrottle(() => 0, 60_000)
    const own = throttle.failed('a')
    for (let at = 0; at < TRIES_FREE; at += 1) throttle.failed('a')
    own()
    expect(throttle.waitMs('a')).toBe(WAIT_FIRST_MS)
  })
})

test('metrics were there without a login for everybody whom the proxy lets through: only this machine asks for them', () => {
  const asked = (headers: Record<string, string>) => ({ headers, socket: {} }) as unknown as IncomingMessage
  const origins = createOrigins(7373, 'https://redrive.example')
  expect(origins.isDirect(asked({ host: '127.0.0.1:7373' }))).toBe(true)
  expect(origins.isDirect(asked({ host: 'redrive.example' }))).toBe(false)
  expect(origins.isDirect(asked({ host: '127.0.0.1:7373', 'x-forwarded-for': '10.0.0.1' }))).toBe(false)
})

describe('sessions', () => {
  function sessions() {
    const time = { nowMs: 1_000 }
    const ended: string[] = []
    const all = createSessions({
      nowMs: () => time.nowMs,
      freshSecret,
      onEnd: ({ caller }, why) => ended.push(`${caller.operator} ${why}`),
    })
    return { all, ended, time }
  }
  const caller = (operator: string) => ({ operator, role: 'operator' as const })

  test('are over when idle and when too old, also where the clock was set back', () => {
    const { all, ended, time } = sessions()
    const idle = all.open(caller('idle'), null)
    const busy = all.open(caller('busy'), null)
    for (let at = 0; at < SESSION_MS_MAX; at += SESSION_IDLE_MS / 2) {
      time.nowMs = 1_000 + at
      const found = all.find(busy)
      if (found === null) throw new Error('gone too early')
      all.touch(found)
    }
    expect(all.find(idle)).toBeNull()
    time.nowMs = 1_000 + SESSION_MS_MAX
    expect(all.find(busy)).toBeNull()
    expect(ended).toEqual(['idle idle', 'busy over'])
    const set = all.open(caller('set'), null)
    time.nowMs -= SESSION_IDLE_MS
    expect(all.find(set)).toBeNull()
  })

  test('are found by nothing but their secret, and hand over to the newest when there are too many', () => {
    const { all, ended } = sessions()
    const first = all.open(caller('first'), 't-1')
    expect(all.find(first)).toMatchObject({ token: 't-1', caller: { operator: 'first' } })
    expect(all.find('')).toBeNull()
    expect(all.find(first.slice(0, -1))).toBeNull()
    for (let at = 0; at < SESSIONS_MAX; at += 1) all.open(caller(`n-${at}`), null)
    expect(all.look()).toHaveLength(SESSIONS_MAX)
    expect(ended).toEqual(['first idle'])
    expect(all.find(first)).toBeNull()
  })
})
