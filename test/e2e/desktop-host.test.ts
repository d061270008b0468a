import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { CONTENT_SECURITY_POLICY } from '../../src-main/hosts/common/content-policy.ts'
import { startDesktop } from '../support/desktop.ts'
import type { Desktop } from '../support/desktop.ts'
import { rabbit, rabbitUrl } from '../support/rabbitmq.ts'
import { scratchFolder } from '../support/scratch.ts'

function details(desktop: Desktop, kind: string): unknown[] {
  return desktop.records.filter((record) => record.kind === kind).map(({ detail }) => detail)
}

/** One call over a port of its own, as the page's client makes it. */
async function call(page: Page, path: string, input: object): Promise<Record<string, unknown>> {
  const answer = await page.evaluate(
    ({ path, input }) =>
      new Promise<string>((resolve) => {
        const scope = globalThis as unknown as {
          location: { origin: string }
          addEventListener: (name: string, listener: (event: PortEvent) => void) => void
          postMessage: (message: object, origin: string) => void
        }
        let asked = false
        interface PortEvent {
          readonly data: { readonly type?: string } | null
          readonly ports: {
            onmessage: (event: { data: string }) => void
            postMessage: (data: string) => void
          }[]
        }
        scope.addEventListener('message', ({ data, ports }) => {
          const [port] = ports
          if (data?.type !== 'redrive:port' || port === undefined || asked) return
          asked = true
          // The page may be connecting at this moment: this can be its port, and an answer may be for its own question.
          const mine = 'asked-by-the-test'
          port.onmessage = (event) => {
            if ((JSON.parse(event.data) as { i: string }).i === mine) resolve(event.data)
          }
          port.postMessage(JSON.stringify({ i: mine, p: { u: `/${path}`, b: { json: input } } }))
        })
        scope.postMessage({ type: 'redrive:connect' }, scope.location.origin)
      }),
    { path, input },
  )
  const { p } = JSON.parse(answer) as { p: { b: { json: Record<string, unknown> } } }
  return p.b.json
}

const brokerDraft = {
  driver: 'rabbitmq',
  url: rabbitUrl(),
  password: { kind: 'typed', value: rabbit.password },
}

test('the window is isolated, and only what is listed is registered and granted', async () => {
  const desktop = await startDesktop()
  expect(details(desktop, 'window')).toMatchObject([
    {
      show: false,
      webPreferences: {
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        nodeIntegrationInWorker: false,
        nodeIntegrationInSubFrames: false,
        webSecurity: true,
        allowRunningInsecureContent: false,
        webviewTag: false,
      },
    },
  ])
  expect(details(desktop, 'privileged-schemes')).toEqual([
    [
      {
        scheme: 'redrive-app',
        privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true },
      },
    ],
  ])
  expect(details(desktop, 'ipc-handler')).toEqual(['redrive:connect'])
  expect(details(desktop, 'loaded')).toEqual(['redrive-app://console/'])
  for (const permission of ['media', 'geolocation', 'notifications', 'openExternal', 'clipboard-read']) {
    expect(await desktop.ask('permission', permission)).toEqual({
      requested: false,
      checked: false,
      device: false,
    })
  }
  expect(await desktop.ask('permission', 'clipboard-sanitized-write')).toMatchObject({ requested: true })
})

test('the page has no way out: no Node, no foreign request, no navigation, no window, no code from text', async () => {
  const desktop = await startDesktop()
  const { page } = desktop
  expect(await page.evaluate('typeof require + typeof process + typeof module')).toBe(
    'undefinedundefinedundefined',
  )
  expect(await page.evaluate('window.redriveHost')).toBe('desktop')
  expect(await page.evaluate(`fetch('https://example.com/').then(() => 'went', () => 'refused')`)).toBe(
    'refused',
  )
  expect(await page.evaluate(`window.open('https://example.com/')`)).toBe(null)
  await page.evaluate(`location.href = 'https://example.com/'`)
  await expect.poll(() => details(desktop, 'navigation-prevented')).toEqual(['https://example.com/'])
  await expect.poll(() => details(desktop, 'window-open')).toMatchObject([{ action: 'deny' }])
  await page.evaluate(
    `{ const s = document.createElement('script'); s.text = 'window.x = 1'; document.body.append(s) }`,
  )
  expect(await page.evaluate('window.x')).toBeUndefined()
  await expect.poll(() => details(desktop, 'csp-violation').length).toBeGreaterThanOrEqual(2)
  expect(page.url()).toContain('console.redrive-app')
})

test('the own scheme answers with listed files, the policy on each, and nothing from outside', async () => {
  const { page } = await startDesktop()
  const ask = (path: string): Promise<unknown> =>
    page.evaluate(
      `fetch(${JSON.stringify(path)}).then(async (r) => [r.status, r.headers.get('content-security-policy')])`,
    )
  expect(await ask('/index.html')).toEqual([200, CONTENT_SECURITY_POLICY])
  for (const path of ['/..%2f..%2fpackage.json', '/../main/index.js', '/assets', '/none']) {
    expect(await ask(path)).toEqual([404, CONTENT_SECURITY_POLICY])
  }
})

test('the engine has its own process without variables that would change it unseen, and comes back', async () => {
  const desktop = await startDesktop({
    env: { PGPASSWORD: 'x', PGHOST: 'x', NODE_DEBUG: '', REDRIVE_PASS: 'x' },
  })
  const [engine] = details(desktop, 'utility-process') as { pid: number; env: string[] }[]
  expect(engine!.env).toContain('REDRIVE_PASS')
  expect(engine!.env.filter((name) => /^(PG|NODE_|ELECTRON_)/.test(name))).toEqual([])
  expect(await call(desktop.page, 'session/info', {})).toMatchObject({ host: 'desktop', sandbox: false })

  await desktop.page.evaluate(
    `window.addEventListener('message', ({ data }) => { if (data?.type === 'redrive:engine') window.heard = data })`,
  )
  process.kill(engine!.pid, 'SIGKILL')
  await expect.poll(() => details(desktop, 'utility-process').length, { timeout: 10_000 }).toBe(2)
  await expect.poll(() => desktop.page.evaluate('window.heard?.error?.code')).toBe('internal')
  expect(await call(desktop.page, 'session/info', {})).toMatchObject({ host: 'desktop' })
  await desktop.page.getByText('Engine not reachable', { exact: false }).waitFor({ state: 'detached' })
})

test('a typed password is encrypted by the key store, outlives the process, and stands nowhere in plain', async () => {
  const folder = await scratchFolder()
  const first = await startDesktop({ folder })
  expect(await call(first.page, 'session/info', {})).toMatchObject({ keepsPasswords: true })
  const secret = 'Wollmilchsau-4711'
  await call(first.page, 'connections/saveBroker', {
    name: 'other',
    isNew: true,
    draft: { ...brokerDraft, password: { kind: 'typed', value: secret } },
  })
  const saved = await call(first.page, 'connections/saveBroker', {
    name: 'rabbit',
    isNew: true,
    draft: brokerDraft,
  })
  expect(saved).toMatchObject({ name: 'rabbit', passwordKind: 'stored' })
  expect(await first.quit()).toBe(0)

  const workspace = JSON.parse(await readFile(join(folder, 'redrive.json'), 'utf8'))
  expect(workspace.brokers.rabbit.password).toEqual({ keychain: true })
  expect(await filesWith(folder, secret)).toEqual([])

  const second = await startDesktop({ folder })
  expect(await call(second.page, 'connections/testBroker', { name: 'rabbit', draft: null })).toMatchObject({
    ok: true,
    report: { product: 'RabbitMQ' },
  })
})

test("Linux's weak key store is refused: the password is kept for this process and asked for again", async () => {
  const folder = await scratchFolder()
  const first = await startDesktop({ folder, keyStore: 'basic_text' })
  expect(await call(first.page, 'session/info', {})).toMatchObject({ keepsPasswords: false })
  await call(first.page, 'connections/saveBroker', { name: 'rabbit', isNew: true, draft: brokerDraft })
  expect(await call(first.page, 'connections/testBroker', { name: 'rabbit', draft: null })).toMatchObject({
    ok: true,
  })
  expect(await first.quit()).toBe(0)
  expect(await readdir(first.userData)).not.toContain('secrets.json')

  const second = await startDesktop({ folder, keyStore: 'basic_text' })
  expect(await call(second.page, 'connections/testBroker', { name: 'rabbit', draft: null })).toMatchObject({
    ok: false,
    error: { code: 'secret-missing' },
  })
})

test('an engine that cannot start says why and is started again on request', async () => {
  const folder = await scratchFolder()
  await mkdir(join(folder, 'data', 'redrive.db'), { recursive: true })
  const desktop = await startDesktop({ folder })
  await expect.poll(() => details(desktop, 'message-box').length, { timeout: 10_000 }).toBe(1)
  expect(details(desktop, 'message-box')).toMatchObject([{ type: 'error', buttons: ['Try again', 'Quit'] }])
  await rm(join(folder, 'data', 'redrive.db'), { recursive: true })
  await desktop.ask('answer-dialog', 0)
  expect(await call(desktop.page, 'session/info', {})).toMatchObject({ host: 'desktop' })
})

test('the window comes back where it was; what is broken is forgotten', async () => {
  const folder = await scratchFolder()
  const place = { bounds: { x: 40, y: 50, width: 1000, height: 700 }, maximized: false }
  const userData = join(folder, 'user-data')
  await mkdir(userData, { recursive: true })
  await writeFile(join(userData, 'window.json'), JSON.stringify(place))
  const first = await startDesktop({ folder })
  expect(details(first, 'window')).toMatchObject([place.bounds])
  expect(await first.quit()).toBe(0)
  await writeFile(join(userData, 'window.json'), '{"bounds":{"x":99999}}')
  const second = await startDesktop({ folder })
  expect(details(second, 'window')).toMatchObject([{ width: 1440, height: 900 }])
})

test('what fires is a notification and a badge, once; the notification leads to it; after a start only the badge is there', async () => {
  const folder = await scratchFolder()
  const source = {
    driver: 'postgres',
    url: 'postgres://nobody@127.0.0.1:1/gone',
    environment: 'development',
    outbox: { profile: 'auto', table: 'public.outbox_message' },
  }
  const rules = { away: { when: { measure: 'source-silent' }, forSec: 0, repeatSec: null } }
  await writeFile(
    join(folder, 'redrive.json'),
    JSON.stringify({ sources: { shop: source }, alerts: { rules } }),
  )
  const first = await startDesktop({ folder, env: { SIM_LOCALE: 'zh-CN' } })
  expect(details(first, 'tray')).toHaveLength(1)
  await expect
    .poll(() => details(first, 'notification'), { timeout: 20_000 })
    .toEqual([{ title: 'shop：away', body: '数据源没有响应' }])
  expect(details(first, 'badge').at(-1)).toBe(1)
  expect(details(first, 'tray-tip').at(-1)).toContain('1 个告警')
  await first.ask('click-notification', 0)
  await first.page.locator('[data-alert][data-state=firing]').waitFor()
  expect(first.page.url()).toMatch(/#\/alerts$/)
  expect(await first.quit()).toBe(0)

  const second = await startDesktop({ folder })
  await expect.poll(() => details(second, 'badge').at(-1), { timeout: 20_000 }).toBe(1)
  expect(details(second, 'notification')).toEqual([])
})

async function filesWith(folder: string, text: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const own = files.filter((file) => !file.includes(`${join('user-data', 'chromium')}`))
  const found = await Promise.all(own.map(async (file) => (await readFile(file)).includes(text)))
  return own.filter((_, at) => found[at])
}
