import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

const TOKEN_BYTES = 32
export type Admission = 'welcome' | 'used' | 'wrong'

/**
 * Who may talk to this process. The address printed at the start carries a token that works once and is exchanged
 * for a cookie; the cookie never leaves the browser that opened the address, and is bound to this process.
 */
export interface Access {
  readonly token: string
  /** Uses the token up when it is right. */
  admit(token: string): Admission
  /** The Set-Cookie header for the browser that was just admitted. */
  cookie(): string
  hasSession(request: IncomingMessage): boolean
}

/** `port` is part of the cookie's name: browsers share cookies among the ports of one host. */
export function createAccess(port: number): Access {
  const token = randomBytes(TOKEN_BYTES).toString('base64url')
  const session = randomBytes(TOKEN_BYTES).toString('base64url')
  const cookieName = `redrive_${port}`
  let used = false

  return {
    token,
    admit(candidate) {
      if (!sameSecret(candidate, token)) return 'wrong'
      if (used) return 'used'
      used = true
      return 'welcome'
    },
    cookie: () => `${cookieName}=${session}; Path=/; HttpOnly; SameSite=Strict`,
    hasSession: (request) =>
      cookiesOf(request.headers.cookie ?? '')
        .filter(([name]) => name === cookieName)
        .some(([, value]) => sameSecret(value, session)),
  }
}

/** Compares digests, so that neither content nor length shows in the time it takes. */
function sameSecret(left: string, right: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(left), digest(right))
}

function cookiesOf(header: string): [string, string][] {
  return header.split(';').map((pair) => {
    const [name = '', ...value] = pair.split('=')
    return [name.trim(), value.join('=').trim()]
  })
}

/** The names this process answers to. Anything else is a foreign page that rebound its name to this machine. */
export function allowedHosts(port: number): readonly string[] {
  return [`127.0.0.1:${port}`, `localhost:${port}`]
}

export function hostIsOurs(request: IncomingMessage, port: number): boolean {
  return allowedHosts(port).includes((request.headers.host ?? '').toLowerCase())
}

/** A socket may only be opened by a page of this very origin. */
export function originIsOurs(request: IncomingMessage, port: number): boolean {
  const host = (request.headers.host ?? '').toLowerCase()
  return hostIsOurs(request, port) && request.headers.origin?.toLowerCase() === `http://${host}`
}
