import { fork } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { engineMemory } from '../../src-main/hosts/common/engine-memory.ts'
import type { Audit, AuditFinding } from '../../src-preload/contract/audits.ts'
import type { Job } from '../../src-preload/contract/jobs.ts'
import type { PlanView } from '../../src-preload/contract/plans.ts'
import type { EngineAnswer, EngineCall, EngineChild } from './engine-child.ts'

const CHILD = resolve(import.meta.dirname, 'engine-child.ts')
/** As the hosts, whose sources run from it. */
const COMPILED = resolve(import.meta.dirname, '../../.cache/compiled')
const PACKAGE = resolve(import.meta.dirname, '../../package.json')

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
  memory: { readonly nowBytes: number; readonly peakBytes: number }
}

export interface EngineProcess {
  call<Name extends keyof Answers>(name: Name, input: object): Promise<Answers[Name]>
  close(): Promise<void>
}

/** Starts the engine with the flags that the scripts of package.json give it. */
export async function startEngine(options: EngineChild): Promise<EngineProcess> {
  const env = { ...process.env, ...engineMemory, NODE_COMPILE_CACHE: COMPILED }
  const child = fork(CHILD, [JSON.stringify(options)], { execArgv: await engineFlags(), env })
  const waiting = new Map<number, PromiseWithResolvers<unknown>>()
  const ready = Promise.withResolvers<unknown>()
  waiting.set(0, ready)
  child.on('message', (answer: EngineAnswer) => {
    const asked = waiting.get(answer.id)
    waiting.delete(answer.id)
    if ('error' in answer) asked?.reject(new Error(answer.error))
    else asked?.resolve(answer.value)
  })
  const gone = new Promise<void>((done) => child.once('exit', () => done()))
  void gone.then(() => {
    for (const asked of waiting.values()) asked.reject(new Error('the engine is gone'))
  })
  await ready.promise
  let last = 0
  return {
    call(name, input) {
      const asked = Promise.withResolvers<unknown>()
      last += 1
      waiting.set(last, asked)
      child.send({ id: last, call: name, input } satisfies EngineCall)
      return asked.promise as Promise<Answers[typeof name]>
    },
    async close() {
      child.disconnect()
      await gone
    },
  }
}

async function engineFlags(): Promise<string[]> {
  const { scripts } = JSON.parse(await readFile(PACKAGE, 'utf8')) as { scripts: Record<string, string> }
  const words = (scripts['redrive'] ?? '').split(' ')
  return words.slice(1).filter((word) => word.startsWith('--'))
}
