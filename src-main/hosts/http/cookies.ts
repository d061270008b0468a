import type { IncomingMessage } from 'node:http'

/** What a browser sent under this name; it may send several. */
export function cookiesNamed(request: IncomingMessage, name: string): readonly string[] {
  return (request.headers.cookie ?? '').split(';').flatMap((pair) => {
    const [key = '', ...value] = pair.split('=')
    return key.trim() === name ? [value.join('=').trim()] : []
  })
}
