import { basename } from 'node:path'
import { RedriveError } from '../../domain/errors.ts'
import { sourceSchemes } from '../../domain/workspace.ts'

export interface FileAddress {
  /** Absolute. */
  readonly path: string
  /** Name of the file, which stands where a server has the name of a database. */
  readonly database: string
  readonly host: string
}

const DRIVE = /^\/[A-Za-z]:/

/**
 * Reads sqlite:///absolute/path.db or file:///…: a file of this machine, without a user, a password or options. Throws
 * RedriveError `workspace-invalid`.
 */
export function parseAddress(url: string): FileAddress {
  const parsed = URL.parse(url)
  if (parsed === null || !sourceSchemes.sqlite.some((scheme) => parsed.protocol === `${scheme}:`))
    throw invalid('not sqlite:///absolute/path.db')
  if (parsed.host !== '' || parsed.username !== '' || parsed.password !== '')
    throw invalid('a file has no host, user or password: sqlite:///absolute/path.db has three slashes')
  if (parsed.search !== '' || parsed.hash !== '') throw invalid('options after ? or # are not read')
  const path = decode(parsed.pathname)
  if (!path.startsWith('/') || path.length < 2 || path.includes('\0')) throw invalid('no absolute path')
  return { path: DRIVE.test(path) ? path.slice(1) : path, database: basename(path), host: 'file' }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw invalid('the path is not well percent-encoded')
  }
}

const TABLE = /^(?:main\.)?(?:"((?:[^"]|"")+)"|`((?:[^`]|``)+)`|([^"`]+))$/su

/** Reads `table` or `main.table`, quoted where it has a dot in it. Throws RedriveError `workspace-invalid`. */
export function parseTableName(text: string): string {
  const [, quoted, ticked, plain] = text.includes('\0') ? [] : (TABLE.exec(text) ?? [])
  const name = quoted?.replaceAll('""', '"') ?? ticked?.replaceAll('``', '`') ?? plain
  if (name !== undefined) return name
  throw new RedriveError('workspace-invalid', 'never', {
    at: 'outbox.table',
    problem: 'this is no name of a table',
  })
}

function invalid(reason: string): RedriveError {
  return new RedriveError('workspace-invalid', 'never', { at: 'url', problem: reason })
}
