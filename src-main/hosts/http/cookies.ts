import type { IncomingMessage } from 'node:http'
import type { Origins } from './origins.ts'

/** What a browser sent under this name; it may send several. */
export function cookiesNamed(request: IncomingMessage, name: string): readonly string[] {
  return (request.headers.cookie ?? '').split(';').flatMap((pair) => {
    const [key = '', ...value] = pair.split('=')
    return key.trim() === name ? [value.join('=').trim()] : []
  })
}

export interface SessionCookie {
  readonly name: string
  /** The Set-Cookie header. */
  readonly set: (value: string, more?: string) => string
}

/** `port` is part of the name: browsers share cookies among the ports of one host. */
export function sessionCookie({ secure }: Pick<Origins, 'secure'>, port: number): SessionCookie {
  const name = secure ? '__Host-redrive' : `redrive_${port}`
  const flags = `Path=/; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`
  return { name, set: (value, more = '') => `${name}=${value}; ${flags}${more}` }
}
