import { constants } from 'node:fs'
import { open, realpath } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { RedriveError } from '../../domain/errors.ts'
import { SCHEMA_CHARS_MAX } from '../../ports/payload-schemas.ts'
import type { SchemaFiles } from '../../ports/payload-schemas.ts'
import { schemaPathProblem } from './schema-path.ts'

/** UTF-8 needs at most three bytes for a UTF-16 unit. */
const SCHEMA_BYTES_MAX = SCHEMA_CHARS_MAX * 3

/** Schema files beside a workspace file, which may itself be reached by a link. */
export function openSchemaFiles({ workspacePath }: { readonly workspacePath: string }): SchemaFiles {
  return {
    async read(path) {
      const problem = schemaPathProblem(path)
      if (problem !== null) throw invalid(path, problem)
      try {
        const folder = await realpath(dirname(await realpath(workspacePath)))
        const file = await realpath(join(folder, path))
        if (relative(folder, file).split(sep)[0] === '..')
          throw new Error("a link leads out of the workspace's folder")
        return await readText(file)
      } catch (error) {
        throw invalid(path, `the schema cannot be read: ${messageOf(error)}`, error)
      }
    },
  }
}

async function readText(path: string): Promise<string> {
  // Without O_NONBLOCK opening a pipe waits for its writer.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const about = await file.stat()
    if (!about.isFile()) throw new Error('not a file')
    if (about.size > SCHEMA_BYTES_MAX) throw new Error(`larger than ${SCHEMA_BYTES_MAX} bytes`)
    return new TextDecoder('utf-8', { fatal: true }).decode(await file.readFile())
  } finally {
    await file.close()
  }
}

function invalid(path: string, problem: string, cause?: unknown): RedriveError {
  return new RedriveError('workspace-invalid', 'never', { path, at: path, problem }, { cause })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
