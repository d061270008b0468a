/**
 * A process that asks about half messages once and kills itself at a given point, as a power cut would: before or after a
 * write of the store or of a row. Argument: CheckChild as JSON.
 */
import type { CheckBackConfig } from '../../src-main/domain/check-back.ts'
import { openTestEngine, testSource } from './test-engine.ts'

export interface CheckChild {
  readonly dataDir: string
  readonly databaseUrl: string
  readonly checkBack: CheckBackConfig
  /** Number of the point. */
  readonly crashAt: number
}

const { crashAt, ...options } = JSON.parse(process.argv[2] ?? '{}') as CheckChild
let passed = 0

function point(): void {
  passed += 1
  if (passed === crashAt) process.kill(process.pid, 'SIGKILL')
}

/** Each of these methods has a point before it begins and one when it has taken effect. */
function around<T extends object>(target: T, names: readonly (keyof T)[]): T {
  const wrapped = names.map((name) => {
    const method = target[name] as (...given: unknown[]) => Promise<unknown>
    return [
      name,
      async (...given: unknown[]) => {
        point()
        const result = await method.apply(target, given)
        point()
        return result
      },
    ] as const
  })
  return { ...target, ...Object.fromEntries(wrapped) }
}

const test = openTestEngine({
  ...options,
  wrap: (ports) => ({ ...ports, halfStore: around(ports.halfStore, ['count', 'move', 'forget']) }),
})
await test.engine.recover()
const never = new AbortController().signal
await test.engine.connections.withOutbox(
  testSource,
  (outbox) => Promise.resolve(Object.assign(outbox, around(outbox, ['decide']))),
  never,
)
await test.checkBack()
await test.close()
