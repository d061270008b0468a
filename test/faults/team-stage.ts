import { fork, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { onTestFinished } from 'vitest'
import { openSharedStore } from '../../src-main/adapters/store-postgres/open-store.ts'
import { systemClock } from '../../src-main/adapters/system/clock.ts'
import { openWorkspaceFile } from '../../src-main/adapters/workspace-file/workspace-file.ts'
import type { SweepPolicy } from '../../src-main/domain/sweep-policy.ts'
import type { Workspace } from '../../src-main/domain/workspace.ts'
import type { Store } from '../../src-main/ports/store.ts'
import { rabbit, rabbitUrl } from '../support/rabbitmq.ts'
import { serverAddress } from '../support/postgres-server.ts'
import { openStage } from './stage.ts'
import type { Stage } from './stage.ts'

const CONSOLE = resolve(import.meta.dirname, '../support/team-child.ts')
const MAIN = resolve(import.meta.dirname, '../../src-main/hosts/cli/main.ts')

/** A database, a queue, and a store that all members share. */
export interface TeamStage {
  readonly stage: Stage
  readonly store: Store
  readonly workspace: Workspace
  /** A console that stays, with its schedules. */
  console(): Promise<ChildProcess>
  /** A command of the command line, with what it has printed so far, line by line. */
  command(...words: readonly string[]): Promise<{ readonly child: ChildProcess; readonly lines: string[] }>
}

/** Everything is ended when the test is. */
export async function openTeamStage(options: { readonly sweep?: SweepPolicy } = {}): Promise<TeamStage> {
  const stage = await openStage()
  onTestFinished(() => stage.close())
  const folder = await stage.folder()
  const password = { value: serverAddress().password }
  const { url } = stage.database
  const outbox = { profile: 'auto', table: 'public.outbox_message' }
  const source = { driver: 'postgres', url, password, environment: 'development', outbox }
  const { sweep } = options
  const orders = { ...source, deliver: { broker: 'rabbit' }, stuckAfterSec: 60, maxAttempts: 3, sweep }
  const path = join(folder, 'redrive.json')
  await writeFile(
    path,
    JSON.stringify({
      sources: { orders },
      brokers: { rabbit: { driver: 'rabbitmq', url: rabbitUrl(), password: { value: rabbit.password } } },
      store: { url, password },
    }),
  )
  const store = await openSharedStore({
    url,
    password: () => Promise.resolve(serverAddress().password),
    dataDir: await stage.folder(),
    clock: systemClock(),
  })
  stage.onClose(() => store.close())
  const kept = (child: ChildProcess): ChildProcess => {
    const closed = new Promise((done) => child.once('close', done))
    stage.onClose(async () => {
      child.kill('SIGKILL')
      await closed
    })
    return child
  }
  return {
    stage,
    store,
    workspace: await openWorkspaceFile({ path }).load(),
    async console() {
      const child = kept(fork(CONSOLE, [folder, await stage.folder()], { stdio: 'inherit' }))
      await new Promise((ready) => child.once('message', ready))
      return child
    },
    async command(...words) {
      const globals = ['--json', '--workspace', path, '--data', await stage.folder()]
      const child = kept(
        spawn(process.execPath, [MAIN, ...words, ...globals], { stdio: ['ignore', 'pipe', 'inherit'] }),
      )
      const lines: string[] = []
      let rest = ''
      child.stdout?.on('data', (chunk: Buffer) => {
        const all = (rest + chunk.toString()).split('\n')
        rest = all.pop() ?? ''
        lines.push(...all)
      })
      return { child, lines }
    },
  }
}
