import type { Workspace } from '../domain/workspace.ts'
import type { WorkspaceStore } from '../ports/surroundings.ts'

/** A workspace that an operator may edit and that is forgotten at the end. */
export function memoryWorkspace(first: Workspace): WorkspaceStore {
  let current = first
  return {
    load: async () => current,
    save: async (workspace) => {
      current = workspace
    },
  }
}
