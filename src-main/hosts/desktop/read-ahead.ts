import type { WorkspaceStore } from '../../ports/surroundings.ts'
import { readClients } from '../drivers.ts'

/**
 * Reads what the window's first questions need while its page is still being drawn: otherwise they would wait for it, a tenth
 * of a second each. Rejects where workspace or code cannot be read; whoever uses them then is told.
 */
export async function readAhead(workspace: Pick<WorkspaceStore, 'load'>): Promise<void> {
  // Whoever decodes a request asks whether it is a form; to know what a form is, Node reads all of its fetch.
  Reflect.get(globalThis, 'FormData')
  await readClients(await workspace.load())
}
