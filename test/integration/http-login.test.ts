import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { SESSION_OVER } from '../../src-preload/contract/session-end.ts'
import { FORM_BYTES_MAX } from '../../src-main/hosts/http/form-body.ts'
import { REFUSALS_NOTED_MAX } from '../../src-main/hosts/http/refused-logins.ts'
import { SESSION_IDLE_MS, SESSION_MS_MAX } from '../../src-main/hosts/http/sessions.ts'
import { TRIES_FREE, WAIT_NAME_MS_MAX } from '../../src-main/hosts/http/throttle.ts'
import { loginHost, outcome, PAGE } from '../support/login-host.ts'
import { eventually } from '../support/resend-scene.ts'
import { scratchFolder } from '../support/scratch.ts'

const noteOf = (id: string) => ({ source: 'orders', id, messageId: `m-${id}`, text: 'seen' })

describe('logging in', () => {
  test('a person comes in with their name and token, and is that person with that role', async () => {
    const host = await loginHost()
    const token = await host.add('ann', 'approver')
    expect(await host.ask('/')).toMatchObject({ status: 303, headers: { location: '/login' } })
    expect(await host.ask('/session')).toMatchObject({ status: 403 })
    const answer = await host.logIn('ann', token)
    expect(answer).toMatchObject({ status: 303, headers: { location: '/' } })
    const [set = ''] = answer.headers['set-cookie'] ?? []
    expect(set).toMatch(/^redrive_\d+=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/)
    expect(set).not.toContain(token)
    const cookie = set.split(';')[0] ?? ''
    expect(await host.ask('/', { cookie })).toMatchObject({ status: 200, body: PAGE })
    expect(await host.ask('/session', { cookie })).toMatchObject({ status: 204 })
    const client = host.client(host.socket(cookie))
    expect(await client.session.info({})).toMatchObject({
      operator: 'ann',
      role: 'approver',
      canLogOut: true,
    })
    expect(await host.actions()).toEqual([
      ['operator-added', 'tester', expect.objectContaining({ name: 'ann', role: 'approver' })],
      [
        'logged-in',
        'ann',
        expect.objectContaining({ name: 'ann', role: 'approver', address: '127.0.0.1', by: 'token' }),
      ],
    ])
    expect(JSON.stringify(await host.actions())).not.toContain(token)
  })

  test('wrong names and tokens and revoked ones are refused in the same words', async () => {
    const host = await loginHost()
    const [good, gone] = [await host.add('ann'), await host.add('gone')]
    await host.admin.operators.revoke({ name: 'gone' })
    const wrong = [
      ['ann', 'redrive_guess'],
      ['bob', good],
      ['gone', gone],
      ['', ''],
      ['ann', ''],
    ] as const
    const bodies = new Set<string>()
    for (const [name, token] of wrong) {
      host.clock.aheadMs += 60_000
      const answer = await host.logIn(name, token)
      expect(answer.status).toBe(401)
      expect(answer.headers['set-cookie']).toBeUndefined()
      bodies.add(answer.body)
    }
    expect(bodies.size).toBe(1)
    host.clock.aheadMs += 60_000
    expect(await host.logIn('ann', good)).toMatchObject({ status: 303 })
  })

  test('wrong logins are slowed, for a name and for an address, and the right token waits as well', async () => {
    const host = await loginHost()
    const token = await host.add('ann')
    for (let at = 0; at < TRIES_FREE; at += 1)
      expect(await host.logIn('ann', 'wrong')).toMatchObject({ status: 401 })
    const waits = await host.logIn('ann', token)
    expect(waits).toMatchObject({ status: 429, headers: { 'retry-after': '1' } })
    expect(waits.headers['set-cookie']).toBeUndefined()
    // The address has failed as often: another name waits too.
    expect(await host.logIn('bob', 'wrong')).toMatchObject({ status: 429 })
    host.clock.aheadMs += 1_001
    expect(await host.logIn('ann', 'wrong')).toMatchObject({ status: 401 })
    expect(await host.logIn('ann', token)).toMatchObject({ status: 429, headers: { 'retry-after': '2' } })
    for (let at = 0; at < 8; at += 1) {
      host.clock.aheadMs += 15 * 60_000
      expect(await host.logIn('ann', 'wrong')).toMatchObject({ status: 401 })
    }
    host.clock.aheadMs += WAIT_NAME_MS_MAX
    expect((await host.logIn('ann', token)).status).toBe(429)
    host.clock.aheadMs += 15 * 60_000
    expect(await host.logIn('ann', token)).toMatchObject({ status: 303 })
  })

  test('behind a proxy addresses are told apart by what the proxy says last', async () => {
    const host = await loginHost({ origin: 'https://redrive.example' })
    const token = await host.add('ann')
    const from = (address: string) => ({ host: 'redrive.example', 'x-forwarded-for': `6.6.6.6, ${address}` })
    for (let at = 0; at < TRIES_FREE; at += 1) await host.logIn(`name-${at}`, 'wrong', from('10.0.0.1'))
    expect(await host.logIn('ann', token, from('10.0.0.1'))).toMatchObject({ status: 429 })
    const answer = await host.logIn('ann', token, from('10.0.0.2'))
    expect(answer).toMatchObject({ status: 303 })
    expect(answer.headers['set-cookie']?.[0]).toMatch(
      /^__Host-redrive=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Secure$/,
    )
    expect(answer.headers['strict-transport-security']).toBeDefined()
    const cookie = answer.headers['set-cookie']?.[0]?.split(';')[0] ?? ''
    expect(await outcome(host.socket(cookie, { host: 'redrive.example' }))).toBe('open')
    // A page over plain http, or of another site, is none of ours.
    for (const origin of ['http://redrive.example', 'https://evil.example', `http://127.0.0.1:${host.port}`])
      expect(await outcome(host.socket(cookie, { host: 'redrive.example', origin }))).toBe(403)
    expect(await host.ask('/', { host: 'evil.example', cookie })).toMatchObject({ status: 403 })
  })

  test('refused logins are in the journal, and however many there are they do not fill it', async () => {
    const host = await loginHost()
    for (let at = 0; at < 40; at += 1) {
      // Past every delay, and within one minute for most of them.
      host.clock.aheadMs += at < 3 ? 0 : 1
      await host.logIn(`name-${at}`, 'wrong')
    }
    const before = (await host.actions()).filter(([action]) => action === 'login-refused')
    expect(before.length).toBeLessThanOrEqual(REFUSALS_NOTED_MAX)
    expect(before[0]).toEqual(['login-refused', 'tester', { name: 'name-0', address: '127.0.0.1', times: 1 }])
  })

  test('the form is taken from this page only, and only as a form', async () => {
    const host = await loginHost()
    const token = await host.add('ann')
    for (const origin of ['http://evil.example', 'null', ''])
      expect(await host.logIn('ann', token, { origin })).toMatchObject({ status: 403 })
    const body = JSON.stringify({ name: 'ann', token })
    expect(await host.post('/login', body, { 'content-type': 'application/json' })).toMatchObject({
      status: 401,
    })
    expect(await host.post('/login', `name=ann&token=${'x'.repeat(FORM_BYTES_MAX)}`)).toMatchObject({
      status: 401,
    })
    expect(await host.post('/other', '')).toMatchObject({ status: 405 })
  })
})

describe('a session', () => {
  test('is another one after each login, and the one before is over', async () => {
    const host = await loginHost()
    const token = await host.add('ann')
    const first = await host.enter('ann', token)
    const again = await host.logIn('ann', token, { cookie: first })
    const second = again.headers['set-cookie']?.[0]?.split(';')[0] ?? ''
    expect(second).not.toBe(first)
    expect(await host.ask('/session', { cookie: first })).toMatchObject({ status: 403 })
    expect(await host.ask('/session', { cookie: second })).toMatchObject({ status: 204 })
    const planted = 'redrive_planted'
    expect(await host.ask('/session', { cookie: `redrive_${host.port}=${planted}` })).toMatchObject({
      status: 403,
    })
  })

  test('ends when nothing was done for too long, and its open socket with it', async () => {
    const host = await loginHost()
    const cookie = await host.enter('ann', await host.add('ann'))
    host.clock.aheadMs += SESSION_IDLE_MS - 1_000
    expect(await host.ask('/', { cookie })).toMatchObject({ status: 200 })
    host.clock.aheadMs += SESSION_IDLE_MS - 1_000
    const socket = host.socket(cookie)
    expect(await outcome(socket)).toBe('open')
    const closed = once(socket, 'close')
    host.clock.aheadMs += SESSION_IDLE_MS
    expect((await closed)[0]).toBe(SESSION_OVER)
    expect(await host.ask('/', { cookie })).toMatchObject({ status: 303, headers: { location: '/login' } })
    expect(await outcome(host.socket(cookie))).toBe(401)
    await eventually('it is written down', async () =>
      (await host.actions()).some(
        ([action, operator, { why }]) => action === 'logged-out' && operator === 'ann' && why === 'idle',
      ),
    )
  })

  test('ends after a working day, however busy it was', async () => {
    const host = await loginHost()
    const cookie = await host.enter('ann', await host.add('ann'))
    for (let passed = 0; passed < SESSION_MS_MAX - SESSION_IDLE_MS; passed += SESSION_IDLE_MS / 2) {
      host.clock.aheadMs += SESSION_IDLE_MS / 2
      expect(await host.ask('/', { cookie })).toMatchObject({ status: 200 })
    }
    host.clock.aheadMs += SESSION_IDLE_MS + 60_000
    expect(await host.ask('/', { cookie })).toMatchObject({ status: 303 })
  })

  test('ends at once when its token is taken back, and acts of it are refused before that', async () => {
    const host = await loginHost()
    const cookie = await host.enter('ann', await host.add('ann'))
    const other = await host.enter('bob', await host.add('bob'))
    const [socket, stays] = [host.socket(cookie), host.socket(other)]
    const opened = outcome(stays)
    const client = host.client(socket)
    expect(await client.session.info({})).toMatchObject({ operator: 'ann' })
    expect(await opened).toBe('open')
    const closed = once(socket, 'close')
    // As from another process: the host hears of it from the store.
    expect((await host.admin.operators.revoke({ name: 'ann' })).revoked).toHaveLength(1)
    await expect(client.notes.add(noteOf('1'))).rejects.toMatchObject({ data: { code: 'session-over' } })
    expect((await closed)[0]).toBe(SESSION_OVER)
    expect(await host.ask('/', { cookie })).toMatchObject({ status: 303 })
    expect(stays.readyState).toBe(stays.OPEN)
    expect((await host.actions()).map(([action]) => action)).not.toContain('note-added')
  })

  test('ends by logging out, which no other site can do for its person', async () => {
    const host = await loginHost()
    const cookie = await host.enter('ann', await host.add('ann'))
    const socket = host.socket(cookie)
    expect(await outcome(socket)).toBe('open')
    expect(await host.post('/logout', '', { cookie, origin: 'http://evil.example' })).toMatchObject({
      status: 403,
    })
    expect(await host.ask('/session', { cookie })).toMatchObject({ status: 204 })
    const closed = once(socket, 'close')
    const out = await host.post('/logout', '', { cookie })
    expect(out).toMatchObject({ status: 200 })
    expect(out.headers['set-cookie']?.[0]).toContain('Max-Age=0')
    expect((await closed)[0]).toBe(SESSION_OVER)
    expect(await host.ask('/session', { cookie })).toMatchObject({ status: 403 })
  })
})

describe('what a person does', () => {
  test('a viewer cannot act by the socket, whatever the page shows, and is not forged into another', async () => {
    const host = await loginHost()
    const client = host.client(host.socket(await host.enter('vera', await host.add('vera', 'viewer'))))
    expect(await client.session.info({})).toMatchObject({ operator: 'vera', role: 'viewer' })
    const refused = { data: { code: 'role-forbids' } }
    await expect(client.jobs.run({} as never)).rejects.toMatchObject(refused)
    await expect(client.plans.resend({} as never)).rejects.toMatchObject(refused)
    await expect(client.operators.add({ name: 'eve', role: 'administrator', days: 1 })).rejects.toMatchObject(
      refused,
    )
    // Frames as a page would not send them: another spelling of the path, and fields that name a role.
    const socket = host.socket(await host.enter('vera', await host.add('vera', 'viewer')))
    expect(await outcome(socket)).toBe('open')
    const told = new Promise<string>((resolve) =>
      socket.once('message', (data: Buffer) => resolve(data.toString())),
    )
    const forged = {
      i: '1',
      p: {
        u: '/operators/add',
        b: { json: { name: 'eve', role: 'administrator', days: 1 } },
        h: { 'x-role': 'administrator', 'x-operator': 'root' },
      },
    }
    socket.send(JSON.stringify(forged))
    expect(await told).toContain('role-forbids')
    expect(
      (await host.actions()).filter(([action]) => action === 'operator-added').map(([, , { name }]) => name),
    ).toEqual(['vera', 'vera'])
  })

  test('stands in the journal as theirs, though one process serves them all', async () => {
    const host = await loginHost({ folder: await folderWithSource() })
    const [ann, bob] = await Promise.all(
      ['ann', 'bob'].map(async (name) =>
        host.client(host.socket(await host.enter(name, await host.add(name)))),
      ),
    )
    await Promise.all([
      ann?.notes.add(noteOf('1')),
      bob?.notes.add(noteOf('2')),
      host.admin.notes.add(noteOf('3')),
    ])
    const notes = (await host.actions()).filter(([action]) => action === 'note-added')
    expect(notes.map(([, operator, { id }]) => [operator, id]).toSorted()).toEqual([
      ['ann', '1'],
      ['bob', '2'],
      ['tester', '3'],
    ])
  })
})

async function folderWithSource(): Promise<string> {
  const folder = await scratchFolder()
  const orders = {
    driver: 'postgres',
    url: 'postgres://nobody@127.0.0.1:1/none',
    environment: 'staging',
    outbox: { profile: 'auto', table: 'outbox_message' },
    stuckAfterSec: 300,
    maxAttempts: 3,
  }
  await writeFile(join(folder, 'redrive.json'), JSON.stringify({ sources: { orders }, brokers: {} }))
  return folder
}

describe('the page before the console', () => {
  test('is written in the language of the browser, without scripts or anything from elsewhere', async () => {
    const host = await loginHost()
    const english = await host.ask('/login')
    expect(english.body).toContain('<html lang="en">')
    const chinese = await host.ask('/login', { 'accept-language': 'zh-CN,zh;q=0.9,en;q=0.5' })
    expect(chinese.body).toContain('<html lang="zh-CN">')
    expect((await host.ask('/login?lang=zh-CN')).body).toBe(chinese.body)
    for (const { body, headers } of [english, chinese]) {
      expect(body).not.toMatch(/<script|https?:|style=/)
      expect(headers['content-security-policy']).toContain("default-src 'none'")
      expect(headers['content-security-policy']).not.toContain('unsafe')
      expect(headers['cache-control']).toBe('no-store')
      // A browser's own form was refused: of a page without referrer its origin is null.
      expect(headers['referrer-policy']).toBe('same-origin')
    }
    expect(await host.ask('/login.css')).toMatchObject({ status: 200 })
    // Nothing of what was sent comes back in it.
    const answer = await host.logIn('<b>ann</b>', 'wrong')
    expect(answer.body).not.toContain('ann')
  })
})
