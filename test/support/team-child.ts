/**
 * A console of a team as the http host composes it, in a process of its own: its schedules run until it is ended. Arguments:
 * the folder with the workspace, the console's own folder.
 */
import { join } from 'node:path'
import { pino } from 'pino'
import { createMemorySecrets } from '../../src-main/adapters/secrets-memory/memory-secrets.ts'
import { openWorkspaceFile } from '../../src-main/adapters/workspace-file/workspace-file.ts'
import { compose } from '../../src-main/hosts/compose.ts'

const [folder = '', dataDir = ''] = process.argv.slice(2)
const path = join(folder, 'redrive.json')
await compose({
  host: 'http',
  version: '0.0.0-test',
  operator: `console ${process.pid}`,
  dataDir,
  workspace: openWorkspaceFile({ path }),
  workspacePath: path,
  secrets: createMemorySecrets({ env: process.env }),
  keepsPasswords: false,
  log: pino({ level: 'warn' }, pino.destination(2)),
  memoryBroker: null,
})
process.send?.('ready')
