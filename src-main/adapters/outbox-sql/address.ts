import { RedriveError } from '../../domain/errors.ts'
import { sourceSchemes } from '../../domain/workspace.ts'
import type { SourceDriver } from '../../domain/workspace.ts'

export interface ServerAddress {
  /** A path is a socket of this machine, or the folder of one. */
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
}

/**
 * Reads scheme://user@host:port/database. Everything but the port has to be said: what is absent a client would fill in
 * from the environment, and the operator would act on another database than the one shown. Throws RedriveError
 * `workspace-invalid`.
 */
export function parseServerAddress(driver: SourceDriver, url: string, portDefault: number): ServerAddress {
  if (!URL.canParse(url)) throw invalid('not a URL')
  const parsed = new URL(url)
  if (!sourceSchemes[driver].some((scheme) => parsed.protocol === `${scheme}:`))
    throw invalid(`not ${driver}://`)
  if (parsed.password !== '') throw invalid('a password has no place in the url, use "password"')
  if (parsed.search !== '' || parsed.hash !== '')
    throw invalid('options after ? or # are not read, use "tls"')
  // A Unix socket is written percent-encoded: postgres://user@%2Frun%2Fpostgresql/shop
  const host = decode(parsed.hostname.replace(/^\[(.*)\]$/, '$1'), 'host')
  const user = decode(parsed.username, 'user')
  const database = decode(parsed.pathname.slice(1), 'database')
  return { host, user, database, port: parsed.port === '' ? portDefault : Number(parsed.port) }
}

function decode(text: string, part: string): string {
  if (text === '') throw invalid(`no ${part}`)
  try {
    const decoded = decodeURIComponent(text)
    // A NUL ends a field of the log-in packet: what follows would be read as another one.
    if (decoded.includes('\0')) throw invalid(`a NUL in the ${part}`)
    return decoded
  } catch (error) {
    if (error instanceof RedriveError) throw error
    throw invalid(`the ${part} is not well percent-encoded`)
  }
}

function invalid(reason: string): RedriveError {
  return new RedriveError('workspace-invalid', 'never', { at: 'url', problem: reason })
}
