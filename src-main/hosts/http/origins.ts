import type { IncomingMessage } from 'node:http'
import { RedriveError } from '../../domain/errors.ts'

/** The names this process answers to, and the pages that may speak to it. Anything else is a foreign page that rebound its name. */
export interface Origins {
  readonly hosts: readonly string[]
  /** Browsers reach it by https: cookies may say so. */
  readonly secure: boolean
  hostIsOurs(request: IncomingMessage): boolean
  /** A socket may only be opened, and a form only sent, by a page of this very origin. */
  originIsOurs(request: IncomingMessage): boolean
  /** Where the browser that asks reaches it. */
  of(request: IncomingMessage): string
  /** From this machine itself, not by the proxy. */
  isDirect(request: IncomingMessage): boolean
  /** Who asks: behind a proxy that ends TLS, whom the proxy names. */
  address(request: IncomingMessage): string
}

/** `publicOrigin`: of a proxy on this machine, such as https://redrive.example; null: browsers come here themselves. */
export function createOrigins(port: number, publicOrigin: string | null): Origins {
  const local = [`127.0.0.1:${port}`, `localhost:${port}`]
  const hosts = publicOrigin === null ? local : [new URL(publicOrigin).host, ...local]
  const host = (request: IncomingMessage): string => (request.headers.host ?? '').toLowerCase()
  // The proxy forwards the name that it was asked for, or names this machine: the origin is the public one either way.
  const originOf = (request: IncomingMessage): string => publicOrigin ?? `http://${host(request)}`
  const hostIsOurs = (request: IncomingMessage): boolean => hosts.includes(host(request))
  return {
    hosts,
    secure: publicOrigin?.startsWith('https:') ?? false,
    isDirect: (request) => local.includes(host(request)) && request.headers['x-forwarded-for'] === undefined,
    hostIsOurs,
    originIsOurs: (request) =>
      hostIsOurs(request) && request.headers.origin?.toLowerCase() === originOf(request),
    of: originOf,
    address: (request) => {
      const socket = request.socket.remoteAddress ?? '?'
      if (publicOrigin === null) return socket
      // The last one is what the proxy itself saw; what stands before it anybody may have written.
      const forwarded = String(request.headers['x-forwarded-for'] ?? '')
      return forwarded.split(',').at(-1)?.trim() || socket
    },
  }
}

/** An origin as browsers write it. Throws `usage`. */
export function publicOriginOf(text: string): string {
  const url = URL.parse(text)
  const plain = url !== null && ['http:', 'https:'].includes(url.protocol) && url.pathname === '/'
  const bare = plain && url.search === '' && url.hash === '' && url.username === '' && url.password === ''
  if (bare) return url.origin.toLowerCase()
  const problem = `--origin takes an address without a path, such as https://redrive.example, not "${text}".`
  throw new RedriveError('usage', 'never', { problem })
}
