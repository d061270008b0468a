import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { dataDirDefault, WORKSPACE_FILE_DEFAULT } from '../common/places.ts'

export interface DesktopOptions {
  readonly sandbox: boolean
  readonly workspaceFile: string
  readonly dataDir: string
}

/** Not strict: Electron and Chromium put switches of their own on the command line. */
export function desktopOptions(argv: readonly string[], userData: string): DesktopOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: { sandbox: { type: 'boolean' }, workspace: { type: 'string' }, data: { type: 'string' } },
    strict: false,
  })
  const sandbox = values.sandbox === true
  const data = typeof values.data === 'string' ? values.data : dataDirDefault()
  const workspace =
    typeof values.workspace === 'string' ? values.workspace : join(userData, WORKSPACE_FILE_DEFAULT)
  return { sandbox, workspaceFile: resolve(workspace), dataDir: resolve(data) }
}

/** The same, as another process writes it on the command line. */
export function desktopArguments({ sandbox, workspaceFile, dataDir }: DesktopOptions): string[] {
  return [`--workspace=${workspaceFile}`, `--data=${dataDir}`, ...(sandbox ? ['--sandbox'] : [])]
}
