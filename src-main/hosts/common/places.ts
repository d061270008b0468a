import { homedir, userInfo } from 'node:os'
import { join } from 'node:path'

const APP = 'redrive'
export const WORKSPACE_FILE_DEFAULT = 'redrive.json'

interface Place {
  readonly platform: NodeJS.Platform
  readonly env: Readonly<Record<string, string | undefined>>
  readonly home: string
}

/** Folder of jobs and journal: what the platform keeps for a user, and does not clean up by itself. */
export function dataDirDefault({ platform, env, home }: Place = here()): string {
  if (platform === 'win32') return join(env['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local'), 'Redrive')
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'Redrive')
  const state = env['XDG_STATE_HOME']
  return join(state === undefined || state === '' ? join(home, '.local', 'state') : state, APP)
}

function here(): Place {
  return { platform: process.platform, env: process.env, home: homedir() }
}

/** The operating system's user, as the journal names whoever acts. */
export function operatorName(): string {
  try {
    return userInfo().username
  } catch {
    // A container may run under a number that has no name.
    return `uid-${process.getuid?.() ?? 'unknown'}`
  }
}
