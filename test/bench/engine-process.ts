import { existsSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { registerHooks } from 'node:module'
import { join, resolve } from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/message-port'
import type { Workspace } from '../../src-main/domain/workspace.ts'
import type { Audit, AuditFinding } from '../../src-preload/contract/audits.ts'
import type { Job } from '../../src-preload/contract/jobs.ts'
import type { PlanView } from '../../src-preload/contract/plans.ts'
import { MessagePortMain } from '../support/sim-electron/ports.ts'

const SIMULATED = new URL('../support/sim-electron/electron.ts', import.meta.url).href
const BUNDLE = resolve(import.meta.dirname, '../../out/main/engine.js')
const KIB = 1_024

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'electron' ? { url: SIMULATED, shortCircuit: true } : next(specifier, context),
})

/** What the bench asks of the engine; the shapes are the contract's. */
interface Answers {
  'connections.unlock': unknown
  'plans.resend': PlanView
  'jobs.run': Job
  'jobs.get': Job
  'jobs.pause': Job
  'jobs.continue': Job
  'jobs.cancel': Job
  'audits.start': Audit
  'audits.get': Audit
  'audits.findings': { readonly findings: readonly AuditFinding[] }
}

type Client = Record<string, Record<string, (input: object) => Promise<unknown>>>

export interface EngineProcess {
  call<Name extends keyof Answers>(name: Name, input: object): Promise<Answers[Name]>
  /** The kernel's own words, in bytes: what it holds now, and the most that it ever held. */
  memory(): { readonly nowBytes: number; readonly peakBytes: number }
  close(): Promise<void>
}

/** The engine of the desktop, started by the desktop's own code: its unmodified bundle in a process of its own. */
export async function startEngine({
  dataDir,
  workspace,
}: {
  readonly dataDir: string
  readonly workspace: Workspace
}): Promise<EngineProcess> {
  if (!existsSync(BUNDLE)) throw new Error('run "npm run build" first')
  const workspaceFile = join(dataDir, 'redrive.json')
  await writeFile(workspaceFile, JSON.stringify(workspace))
  const { createEngineProcess } = await import('../../src-main/hosts/desktop/engine-process.ts')
  const before = childrenOf(process.pid)
  const engine = createEngineProcess({
    module: BUNDLE,
    start: {
      version: '0.0.0',
      operator: 'bench',
      dataDir,
      workspaceFile,
      sandbox: false,
      keepsPasswords: false,
    },
    env: process.env,
    answerSecret: () => Promise.resolve({ value: null, error: null }),
    onRestart: (code) => console.error(`the engine ended with code ${code}`),
    onAlerts: () => undefined,
    onFailed: (error) => console.error(error),
  })
  const [pid] = childrenOf(process.pid).filter((child) => !before.includes(child))
  if (pid === undefined) throw new Error('the engine has no process')
  const { port1, port2 } = new MessageChannel()
  engine.connect(new MessagePortMain(port2) as never)
  const client = createORPCClient<Client>(new RPCLink({ port: port1 }))
  return {
    call(name, input) {
      const [area = '', procedure = ''] = name.split('.')
      return client[area]?.[procedure]?.(input) as Promise<Answers[typeof name]>
    },
    memory: () => memoryOf(pid),
    async close() {
      port1.close()
      await engine.stop()
    },
  }
}

function childrenOf(pid: number): string[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .split(' ')
    .filter((one) => one !== '')
}

function memoryOf(pid: string): { readonly nowBytes: number; readonly peakBytes: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const bytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * KIB
  return { nowBytes: bytes('VmRSS'), peakBytes: bytes('VmHWM') }
}
