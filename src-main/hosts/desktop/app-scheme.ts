import { readFile } from 'node:fs/promises'
import { protocol } from 'electron'
import { SECURITY_HEADERS } from '../common/content-policy.ts'
import type { StaticFiles } from '../common/static-files.ts'

const SCHEME = 'redrive-app'
const HOST = 'console'
export const APP_ORIGIN = `${SCHEME}://${HOST}`

/** Must run before the app is ready. An own scheme has an origin, so that 'self' means the console and nothing else. */
export function registerAppScheme(): void {
  protocol.registerSchemesAsPrivileged([
    {
      scheme: SCHEME,
      // The compiled scripts are kept from start to start, as a browser keeps those of a site.
      privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true },
    },
  ])
}

/** Answers with the listed files and nothing else; there is no way from a path to the disk. */
export function serveAppScheme(files: StaticFiles): void {
  protocol.handle(SCHEME, async (request) => {
    const address = new URL(request.url)
    const found = address.host === HOST ? files.get(address.pathname) : undefined
    if (found === undefined || request.method !== 'GET') {
      return new Response(null, { status: found === undefined ? 404 : 405, headers: SECURITY_HEADERS })
    }
    const body = new Uint8Array(await readFile(found.file))
    return new Response(body, { headers: { ...SECURITY_HEADERS, ...found.headers } })
  })
}
