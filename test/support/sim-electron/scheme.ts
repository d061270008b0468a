import type { Page, Route } from 'playwright-core'
import { record } from './control.ts'

type Handler = (request: Request) => Response | Promise<Response>

const TOP = 'redrive.test'
const privileged = new Map<string, object>()
const handlers = new Map<string, Handler>()
let ready = false

export const protocol = {
  registerSchemesAsPrivileged(schemes: readonly { scheme: string; privileges: object }[]): void {
    if (ready) throw new Error('protocol.registerSchemesAsPrivileged should be called before app is ready')
    for (const { scheme, privileges } of schemes) privileged.set(scheme, privileges)
    record('privileged-schemes', schemes)
  },
  handle(scheme: string, handler: Handler): void {
    if (!ready) throw new Error('protocol.handle may only be called after app is ready')
    handlers.set(scheme, handler)
    record('protocol-handler', scheme)
  },
}

export function schemesAreFixed(): void {
  ready = true
}

/** Chromium knows no scheme of ours from outside, so a standard, secure one is shown to it as an https host. */
export function toBrowserUrl(url: string): string {
  const { protocol: scheme, host, pathname, search, hash } = new URL(url)
  const name = scheme.slice(0, -1)
  if (!privileged.has(name)) return url
  return `https://${host}.${name}.${TOP}${pathname === '' ? '/' : pathname}${search}${hash}`
}

export function fromBrowserUrl(url: string): string {
  const parsed = URL.parse(url)
  if (parsed === null || !parsed.host.endsWith(`.${TOP}`)) return url
  const [host, scheme] = parsed.host.split('.')
  return `${scheme}://${host}${parsed.pathname}${parsed.search}${parsed.hash}`
}

/** True where the frame may go there. */
export type MayNavigate = (url: string) => boolean

/** Every request of the page: to the handler of its scheme, or nowhere. */
export async function routeRequests(page: Page, mayNavigate: MayNavigate): Promise<void> {
  await page.route('**/*', async (route) => {
    const request = route.request()
    const url = fromBrowserUrl(request.url())
    if (request.isNavigationRequest() && !mayNavigate(url)) return route.abort('aborted')
    const handler = handlers.get(new URL(url).protocol.slice(0, -1))
    if (handler === undefined) {
      record('request-outside', url)
      return route.abort('blockedbyclient')
    }
    return fulfill(route, await handler(new Request(url, { method: request.method() })))
  })
}

async function fulfill(route: Route, response: Response): Promise<void> {
  await route.fulfill({
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: Buffer.from(await response.arrayBuffer()),
  })
}
