import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Provider } from 'oidc-provider'
import { onTestFinished } from 'vitest'

/** A person as the provider knows them. */
export interface Account {
  readonly sub: string
  readonly claims: Readonly<Record<string, unknown>>
}

export interface OpenIdProvider {
  readonly issuer: string
  /** Whoever logs in there next; null: they refuse. */
  who: Account | null
  close(): Promise<void>
}

export const CLIENT_ID = 'redrive'
export const CLIENT_SECRET = 'a-secret-of-the-client'

/** A real provider of OpenID Connect on this machine, where people log in without being asked. */
export async function openIdProvider(redirectUris: readonly string[]): Promise<OpenIdProvider> {
  const server = createServer((request, response) => void handle(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const it: OpenIdProvider = {
    issuer,
    who: null,
    async close() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
  const accounts = new Map<string, Account>()
  const key = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey.export({ format: 'jwk' })
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT_ID,
        client_secret: CLIENT_SECRET,
        token_endpoint_auth_method: 'client_secret_post',
        redirect_uris: [...redirectUris],
        grant_types: ['authorization_code'],
        response_types: ['code'],
      },
    ],
    jwks: { keys: [{ ...key, alg: 'RS256', use: 'sig' }] },
    cookies: { keys: [randomBytes(16).toString('hex')] },
    claims: { openid: ['sub'], profile: ['preferred_username', 'groups'] },
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    ttl: {
      AccessToken: 60,
      AuthorizationCode: 60,
      IdToken: 60,
      Interaction: 60,
      Session: 60,
      Grant: 60,
    },
    interactions: {
      url: (_context: unknown, interaction: { uid: string }) => `/interaction/${interaction.uid}`,
    },
    findAccount: (_context: unknown, sub: string) => {
      const account = accounts.get(sub)
      return account && { accountId: sub, claims: () => ({ sub, ...account.claims }) }
    },
  })
  const rest = provider.callback()

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url?.startsWith('/interaction/') !== true) return rest(request, response)
    const { prompt, session, params } = await provider.interactionDetails(request, response)
    if (it.who === null) {
      await provider.interactionFinished(request, response, { error: 'access_denied' })
      return
    }
    if (prompt.name === 'login') {
      accounts.set(it.who.sub, it.who)
      await provider.interactionFinished(request, response, { login: { accountId: it.who.sub } })
      return
    }
    const grant = new provider.Grant({ accountId: session?.accountId, clientId: params['client_id'] })
    grant.addOIDCScope('openid profile')
    const grantId = await grant.save()
    await provider.interactionFinished(
      request,
      response,
      { consent: { grantId } },
      { mergeWithLastSubmission: true },
    )
  }
  onTestFinished(() => it.close())
  return it
}

/** A browser as far as redirects and cookies go: from `start` to the first address that `stops` names. */
export async function browse(
  start: string,
  jar: Map<string, string>,
  stops: (url: URL) => boolean,
): Promise<URL> {
  const REDIRECTS_MAX = 20
  let url = new URL(start)
  for (let at = 0; at < REDIRECTS_MAX; at += 1) {
    if (stops(url)) return url
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await fetch(url, { redirect: 'manual', headers: { cookie } })
    keep(answer, jar)
    const location = answer.headers.get('location')
    if (location === null) throw new Error(`${url.href} answered ${answer.status}: ${await answer.text()}`)
    url = new URL(location, url)
  }
  throw new Error('redirected without an end')
}

export function keep(answer: Response, jar: Map<string, string>): void {
  for (const set of answer.headers.getSetCookie()) {
    const [pair = ''] = set.split(';')
    jar.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1))
  }
}
