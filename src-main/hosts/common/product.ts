import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { z } from 'zod'

/** The folder of the sources: these hosts run from there, unbuilt. */
export const PROJECT_DIR = resolve(import.meta.dirname, '..', '..', '..')
export const RENDERER_DIR = join(PROJECT_DIR, 'out', 'renderer')

const manifest = z.object({ version: z.string() })

export function productVersion(): string {
  return manifest.parse(JSON.parse(readFileSync(join(PROJECT_DIR, 'package.json'), 'utf8'))).version
}
