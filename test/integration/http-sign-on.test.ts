import { describe, expect, test } from 'vitest'
import { openOpenId } from '../../src-main/adapters/sign-on-openid/openid.ts'
import { callerOf, issuerProblem } from '../../src-main/domain/sign-on.ts'
import type { OpenIdConfig } from '../../src-main/domain/sign-on.ts'
import { SIGN_ON_BACK_PATH, SIGN_ON_PATH } from '../../src-main/hosts/http/login-page.ts'
import { createSignOn, SIGN_ON_MS_MAX } from '../../src-main/hosts/http/sign-on.ts'
import type { SignOn } from '../../src-main/hosts/http/sign-on.ts'
import { loginHost } from '../support/login-host.ts'
import type { LoginHost } from '../support/login-host.ts'
import { browse, CLIENT_ID, CLIENT_SECRET, openIdProvider } from '../support/openid-provider.ts'
import type { OpenIdProvider } from '../support/openid-provider.ts'

const ann = { sub: 'u-1', claims: { preferred_username: 'ann', groups: ['staff', 'on-call'] } }
const roles = { roleClaim: 'groups', roles: { 'on-call': 'operator', leads: 'approver' } } as const

interface Scene {
  readonly host: LoginHost
  readonly provider: OpenIdProvider
  /** Moved by the test; attempts go by it. */
  readonly time: { aheadMs: number }
}

/** The port is known only once the host listens, and the provider must know it: so both are told late. */
async function scene(
  change: Partial<OpenIdConfig> = {},
  secret: string | null = CLIENT_SECRET,
): Promise<Scene> {
  let signOn: SignOn | null = null
  const later = (): SignOn => signOn ?? fail()
  const host = await loginHost({
    signOn: {
      begin: (...about) => later().begin(...about),
      finish: (...about) => later().finish(...about),
      cookieGone: (secure) => later().cookieGone(secure),
    },
  })
  const provider = await openIdProvider([`${host.origin}${SIGN_ON_BACK_PATH}`])
  const config = { issuer: provider.issuer, clientId: CLIENT_ID, ...roles, ...change }
  const time = { aheadMs: 0 }
  const service = openOpenId(config, () => Promise.resolve(secret))
  signOn = createSignOn({ service, config, nowMs: () => Date.now() + time.aheadMs })
  return { host, provider, time }
}

function fail(): never {
  throw new Error('too early')
}

/** Goes to the provider and comes back with its answer, which is not handed in yet. */
async function comeBack(
  { host }: Scene,
  jar = new Map<string, string>(),
): Promise<{ back: URL; jar: Map<string, string> }> {
  const back = await browse(
    `${host.origin}${SIGN_ON_PATH}`,
    jar,
    ({ pathname }) => pathname === SIGN_ON_BACK_PATH,
  )
  return { back, jar }
}

function handIn({ host }: Scene, back: URL, jar: ReadonlyMap<string, string>) {
  const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
  return host.ask(`${back.pathname}${back.search}`, { cookie })
}

function sessionCookie(answer: Awaited<ReturnType<typeof handIn>>): string {
  const found = answer.headers['set-cookie']?.find((set) => /^redrive_\d+=/.test(set))
  return found?.split(';')[0] ?? ''
}

describe('a person whom a provider of OpenID Connect vouches for', () => {
  test('comes in under the name and with the role that its claims say', async () => {
    const it = await scene()
    it.provider.who = ann
    expect((await it.host.ask('/login')).body).toContain(SIGN_ON_PATH)
    const { back, jar } = await comeBack(it)
    const answer = await handIn(it, back, jar)
    // A page, not a redirect: a strict cookie would not go along on the way from another site.
    expect(answer).toMatchObject({ status: 200 })
    expect(answer.body).toContain('url=/')
    const cookie = sessionCookie(answer)
    expect(answer.headers['set-cookie']?.join()).toMatch(/redrive-sign-on=;.*Max-Age=0/)
    const client = it.host.client(it.host.socket(cookie))
    expect(await client.session.info({})).toMatchObject({
      operator: 'ann',
      role: 'operator',
      canLogOut: true,
    })
    expect(await it.host.actions()).toEqual([
      ['logged-in', 'ann', expect.objectContaining({ by: 'sign-on', role: 'operator', token: null })],
    ])
  })

  test('leaves with PKCE, a state and a nonce, and no secret in the address', async () => {
    const it = await scene()
    const { status, headers } = await it.host.ask(SIGN_ON_PATH)
    expect(status).toBe(303)
    const asked = new URL(headers.location ?? '').searchParams
    expect(asked.get('code_challenge_method')).toBe('S256')
    expect(asked.get('response_type')).toBe('code')
    for (const name of ['code_challenge', 'state', 'nonce'])
      expect(asked.get(name)?.length).toBeGreaterThan(20)
    expect(headers.location).not.toContain(CLIENT_SECRET)
    expect(headers['set-cookie']?.[0]).toMatch(
      /^redrive-sign-on=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=600$/,
    )
  })

  test('is a viewer where no group of theirs has a role here', async () => {
    for (const config of [{ roles: {} }, { roles: { others: 'administrator' } as const }]) {
      const it = await scene(config)
      it.provider.who = ann
      const { back, jar } = await comeBack(it)
      const client = it.host.client(it.host.socket(sessionCookie(await handIn(it, back, jar))))
      expect(await client.session.info({})).toMatchObject({ operator: 'ann', role: 'viewer' })
    }
  })
})

describe('nobody is let in', () => {
  async function refused(it: Scene, answer: Awaited<ReturnType<typeof handIn>>): Promise<void> {
    expect(answer.status).toBe(403)
    expect(sessionCookie(answer)).toBe('')
    expect((await it.host.actions()).map(([action]) => action)).not.toContain('logged-in')
  }

  test('by an answer that another browser, or nobody, asked for', async () => {
    const it = await scene()
    it.provider.who = ann
    const { back } = await comeBack(it)
    await refused(it, await handIn(it, back, new Map()))
    const other = await it.host.ask(SIGN_ON_PATH)
    const [pair = ''] = other.headers['set-cookie']?.[0]?.split(';') ?? []
    const theirs = new Map([['redrive-sign-on', pair.slice(pair.indexOf('=') + 1)]])
    // Their own attempt, with this answer put in its place.
    await refused(it, await handIn(it, back, theirs))
  })

  test('by an answer that was handed in before, comes too late, or was changed', async () => {
    const it = await scene()
    it.provider.who = ann
    const late = await comeBack(it)
    it.time.aheadMs += SIGN_ON_MS_MAX + 1_000
    await refused(it, await handIn(it, late.back, late.jar))
    it.time.aheadMs = 0
    for (const name of ['code', 'state', 'iss']) {
      const changed = await comeBack(it)
      changed.back.searchParams.set(name, 'changed')
      await refused(it, await handIn(it, changed.back, changed.jar))
    }
    const twice = await comeBack(it)
    expect((await handIn(it, twice.back, twice.jar)).status).toBe(200)
    expect((await handIn(it, twice.back, twice.jar)).status).toBe(403)
    expect((await it.host.actions()).filter(([action]) => action === 'login-refused').length).toBeGreaterThan(
      3,
    )
  })

  test('where the provider refuses, does not know the client, or does not answer', async () => {
    const denied = await scene()
    const { back, jar } = await comeBack(denied)
    expect(back.searchParams.get('error')).toBe('access_denied')
    await refused(denied, await handIn(denied, back, jar))
    const stranger = await scene({}, 'not the secret')
    stranger.provider.who = ann
    const came = await comeBack(stranger)
    await refused(stranger, await handIn(stranger, came.back, came.jar))
    const away = await scene()
    await away.provider.close()
    const answer = await away.host.ask(SIGN_ON_PATH)
    expect(answer.status).toBe(403)
    expect(answer.body).toContain('does not answer')
  })

  test('under a name that a journal cannot hold', async () => {
    const it = await scene()
    it.provider.who = { sub: 'u-2', claims: { preferred_username: 'ann\u202enna' } }
    const { back, jar } = await comeBack(it)
    const answer = await handIn(it, back, jar)
    await refused(it, answer)
    expect(answer.body).toContain('who you are')
  })
})

test('the highest of several roles counts, and only what the workspace names', () => {
  const config = { issuer: 'https://x', clientId: 'x', ...roles }
  const claims = (groups: unknown) => ({ preferred_username: 'ann', groups })
  expect(callerOf(claims(['on-call', 'leads']), config).role).toBe('approver')
  expect(callerOf(claims('on-call'), config).role).toBe('operator')
  for (const groups of [undefined, null, 7, {}, ['administrator'], ['__proto__', 'constructor'], [['leads']]])
    expect(callerOf(claims(groups), config).role).toBe('viewer')
  for (const name of ['', 'a\nb', ' ann', '\u202eann', 'x'.repeat(65), 7, null])
    expect(() => callerOf({ preferred_username: name }, config)).toThrow('preferred_username')
  expect(callerOf({ email: '李雷@example.org' }, { ...config, nameClaim: 'email' }).operator).toBe(
    '李雷@example.org',
  )
})

test('plain http is for a provider on this machine only', () => {
  for (const fine of [
    'https://login.example/realms/ops',
    'http://127.0.0.1:9/x',
    'http://localhost:1',
    'http://[::1]:1',
  ])
    expect(issuerProblem(fine)).toBeNull()
  for (const bad of [
    'http://login.example',
    'http://127.0.0.1.evil.example',
    'ftp://x',
    'login',
    'https://me:secret@login.example',
  ])
    expect(issuerProblem(bad)).not.toBeNull()
})
