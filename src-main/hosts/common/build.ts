import { spawn } from 'node:child_process'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { RedriveError } from '../../domain/errors.ts'
import { PROJECT_DIR } from './product.ts'

/** One file of each bundle; all are written by the same build. */
const BUILT = [
  'out/main/index.js',
  'out/main/engine.js',
  'out/preload/preload.cjs',
  'out/renderer/index.html',
]
const SOURCES = [
  'src-main',
  'src-preload',
  'src-renderer',
  'resources',
  'electron.vite.config.ts',
  'package.json',
]
const OUTPUT_CHARS_MAX = 20_000

/** Builds where out/ is missing or older than the sources. Throws RedriveError `internal` with the build's own words. */
export async function ensureBuilt(say: (line: string) => void): Promise<void> {
  const [built, source] = await Promise.all([oldest(BUILT), newest(SOURCES)])
  if (built > source) return
  say('Building the console…')
  await build()
}

async function oldest(paths: readonly string[]): Promise<number> {
  return Math.min(...(await Promise.all(paths.map((path) => modifiedMs(join(PROJECT_DIR, path))))))
}

async function newest(paths: readonly string[]): Promise<number> {
  return Math.max(...(await Promise.all(paths.map((path) => newestBelow(join(PROJECT_DIR, path))))))
}

async function newestBelow(path: string): Promise<number> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => [])
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const times = await Promise.all([path, ...files].map(modifiedMs))
  return times.reduce((latest, time) => Math.max(latest, time), 0)
}

async function modifiedMs(path: string): Promise<number> {
  return (await stat(path).catch(() => null))?.mtimeMs ?? 0
}

/** In a process of its own: the builder is a development tool and is never loaded into the engine. */
async function build(): Promise<void> {
  const child = spawn(
    process.execPath,
    [join(PROJECT_DIR, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js'), 'build'],
    { cwd: PROJECT_DIR, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let output = ''
  const collect = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-OUTPUT_CHARS_MAX)
  }
  child.stdout.on('data', collect)
  child.stderr.on('data', collect)
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (code === 0) return
  throw new RedriveError('internal', 'never', { reason: `the build of the console failed:\n${output}` })
}
