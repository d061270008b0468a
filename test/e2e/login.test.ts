import { join, resolve } from 'node:path'
import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { openOpenId } from '../../src-main/adapters/sign-on-openid/openid.ts'
import { SIGN_ON_BACK_PATH } from '../../src-main/hosts/http/login-page.ts'
import { createSignOn } from '../../src-main/hosts/http/sign-on.ts'
import type { SignOn } from '../../src-main/hosts/http/sign-on.ts'
import { openPage } from '../support/browser.ts'
import { loginHost } from '../support/login-host.ts'
import { CLIENT_ID, CLIENT_SECRET, openIdProvider } from '../support/openid-provider.ts'

const rendererDir = join(resolve(import.meta.dirname, '../..'), 'out', 'renderer')

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  const found = await page.evaluate<axe.AxeResults>('axe.run(document)')
  return found.violations.map(({ id, help }) => `${id}: ${help}`)
}

async function logIn(page: Page, name: string, token: string): Promise<void> {
  // By keyboard alone: the first field has the focus.
  await page.getByLabel('Name').waitFor()
  await page.keyboard.type(name)
  await page.keyboard.press('Tab')
  await page.keyboard.type(token)
  await page.keyboard.press('Enter')
}

test('the page to log in is clean for axe, light and dark, in both languages, also when it refuses', async () => {
  const host = await loginHost({ rendererDir })
  const { page, complaints } = await openPage()
  for (const colorScheme of ['light', 'dark'] as const)
    for (const lang of ['en', 'zh-CN']) {
      await page.emulateMedia({ colorScheme })
      await page.goto(`${host.origin}/login?lang=${lang}`)
      expect(await violations(page)).toEqual([])
      expect(await page.evaluate('document.documentElement.lang')).toBe(lang)
      expect(await page.evaluate('document.activeElement.id')).toBe('name')
    }
  await page.goto(host.origin)
  await logIn(page, 'ann', 'wrong')
  await page.getByRole('alert').getByText('do not go together').waitFor()
  expect(await violations(page)).toEqual([])
  // The refusal itself is what the browser complains about.
  expect(complaints.filter((text) => !text.includes('401'))).toEqual([])
})

test('a person logs in, is named with their role, logs out, and is shown out when the token is taken back', async () => {
  const host = await loginHost({ rendererDir })
  const token = await host.add('vera', 'viewer')
  const { page } = await openPage()
  await page.goto(host.origin)
  await logIn(page, 'vera', token)
  await page.getByText('Operator vera · viewer').waitFor()
  expect(await page.context().cookies()).toMatchObject([{ httpOnly: true, sameSite: 'Strict' }])

  await page.getByRole('button', { name: 'Settings' }).click()
  await page.getByText('Log out vera').click()
  await page.getByLabel('Name').waitFor()
  await page.goBack()
  await page.getByLabel('Name').waitFor()

  await logIn(page, 'vera', token)
  await page.getByText('Operator vera · viewer').waitFor()
  await host.admin.operators.revoke({ name: 'vera' })
  await page.getByLabel('Name').waitFor()
  expect(new URL(page.url()).pathname).toBe('/login')
  expect((await host.actions()).map(([action]) => action)).toEqual([
    'operator-added',
    'logged-in',
    'logged-out',
    'logged-in',
    'operator-revoked',
    'logged-out',
  ])
})

test('a person comes in through the login service of their organisation', async () => {
  let signOn: SignOn | null = null
  const later = (): SignOn => {
    if (signOn === null) throw new Error('too early')
    return signOn
  }
  const host = await loginHost({
    rendererDir,
    signOn: {
      begin: (...about) => later().begin(...about),
      finish: (...about) => later().finish(...about),
      cookieGone: (secure) => later().cookieGone(secure),
    },
  })
  const provider = await openIdProvider([`${host.origin}${SIGN_ON_BACK_PATH}`])
  const config = {
    issuer: provider.issuer,
    clientId: CLIENT_ID,
    roleClaim: 'groups',
    roles: { leads: 'approver' },
  } as const
  signOn = createSignOn({
    service: openOpenId(config, () => Promise.resolve(CLIENT_SECRET)),
    config,
    nowMs: Date.now,
  })
  provider.who = { sub: 'u-1', claims: { preferred_username: 'ann', groups: ['leads'] } }
  const { page, complaints } = await openPage()
  await page.goto(host.origin)
  await page.getByRole('link', { name: 'Log in with your organisation' }).click()
  await page.getByText('Operator ann · approver').waitFor()
  expect(new URL(page.url()).pathname).toBe('/')
  expect(complaints).toEqual([])
})
