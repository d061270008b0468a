import { readdir } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { RedriveError } from '../../domain/errors.ts'

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
}
/** The build names files under assets/ by their content, so they never change. */
const HASHED_PREFIX = '/assets/'
const FILES_MAX = 5_000

export interface StaticFile {
  readonly file: string
  readonly headers: Readonly<Record<string, string>>
}
export type StaticFiles = ReadonlyMap<string, StaticFile>

/**
 * Every file below `folder` by the path it is asked for with, `/` for index.html. An answer is only ever looked up
 * here: a path that is not listed does not exist, however it is spelled, so that nothing outside can be reached.
 * Links are not followed. Throws RedriveError `usage` where the page has not been built.
 */
export async function listStaticFiles(folder: string): Promise<StaticFiles> {
  const files = new Map<string, StaticFile>()
  await collect(folder, '', files)
  const index = files.get('/index.html')
  if (index === undefined) {
    throw new RedriveError('usage', 'never', {
      problem: `The console's page is not built (${join(folder, 'index.html')} is missing): run "npm run build".`,
    })
  }
  return files.set('/', index)
}

/** By hand: a recursive readdir does not look into the archive of a packaged desktop. */
async function collect(folder: string, prefix: string, files: Map<string, StaticFile>): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    const path = `${prefix}/${entry.name}`
    const file = join(folder, entry.name)
    if (entry.isDirectory()) await collect(file, path, files)
    const type = CONTENT_TYPES[extname(entry.name)]
    if (!entry.isFile() || type === undefined || files.size >= FILES_MAX) continue
    files.set(path, { file, headers: { 'content-type': type, 'cache-control': cacheOf(path) } })
  }
}

function cacheOf(path: string): string {
  return path.startsWith(HASHED_PREFIX) ? 'private, max-age=31536000, immutable' : 'no-store'
}
