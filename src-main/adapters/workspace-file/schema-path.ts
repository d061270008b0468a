const controls = /\p{Cc}/u

/**
 * What is wrong with the path of a schema file, or null. Only what lies in or below the workspace's folder is named, and
 * in one way on every system: a workspace that came from somebody else must not make Redrive read elsewhere.
 */
export function schemaPathProblem(path: string): string | null {
  if (path === '' || controls.test(path) || !path.isWellFormed()) return 'not a path'
  if (/[\\:]/.test(path)) return 'folders are parted by /, and there is no drive'
  if (path.startsWith('/')) return "the path is relative to the workspace's folder"
  if (path.split('/').some((part) => ['', '.', '..'].includes(part)))
    return 'the path has no empty part, no . and no ..'
  return null
}
