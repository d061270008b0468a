import { connections as contract } from '../../src-preload/contract/connections.ts'
import type { Engine } from '../app/engine.ts'
import { brokerConnection, sourceConnection, toBrokerConfig, toSourceConfig } from './drafts.ts'
import { errorData } from './errors.ts'
import { deadLetterPlace } from '../domain/dead-letter/place.ts'
import type { OutboxReport } from '../ports/outbox.ts'
import { implementer } from './implementer.ts'
import { requireRole } from './require-role.ts'
import { required } from './signal.ts'

export function connectionRoutes(engine: Engine) {
  const os = implementer(engine, { connections: contract })
  const { connections, configure, locks, ports } = engine
  const failed = (error: unknown) => ({ ok: false as const, error: errorData(error, ports.log) })
  return {
    list: os.connections.list.handler(async () => {
      const { sources, brokers, policies } = await connections.workspace()
      return {
        sources: Object.entries(sources).map(([name, config]) =>
          sourceConnection(name, config, { policies, unlockedUntil: locks.unlockedUntil(name) }),
        ),
        brokers: Object.entries(brokers).map(([name, config]) => brokerConnection(name, config)),
      }
    }),
    saveSource: os.connections.saveSource.handler(async ({ input: { name, isNew, draft } }) => {
      // What was unlocked was another connection.
      await locks.lock(name)
      const keeps = { keepsEvidence: draft.evidence !== null, keepsReplica: draft.replica !== null }
      const asked = { name, isNew, config: toSourceConfig(draft), password: draft.password }
      const saved = await configure.saveSource({ ...asked, ...keeps })
      const { policies } = await connections.workspace()
      return sourceConnection(name, saved, { policies, unlockedUntil: null })
    }),
    saveBroker: os.connections.saveBroker.handler(async ({ input: { name, isNew, draft } }) =>
      brokerConnection(
        name,
        await configure.saveBroker({ name, isNew, config: toBrokerConfig(draft), password: draft.password }),
      ),
    ),
    removeSource: os.connections.removeSource.handler(async ({ input }) => {
      await locks.lock(input.name)
      await configure.removeSource(input.name)
      return {}
    }),
    removeBroker: os.connections.removeBroker.handler(async ({ input }) => {
      await configure.removeBroker(input.name)
      return {}
    }),
    testSource: os.connections.testSource.handler(async ({ input: { name, draft }, context, signal }) => {
      if (draft !== null) requireRole('administrator', context.caller)
      try {
        const password = draft && configure.draftPassword('source', name, draft.password)
        const tested = draft && password ? { config: toSourceConfig(draft), password } : null
        const report = await connections.testSource(name, tested, required(signal))
        return { ok: true as const, report: ofReport(report) }
      } catch (error) {
        return failed(error)
      }
    }),
    testBroker: os.connections.testBroker.handler(async ({ input: { name, draft }, context, signal }) => {
      if (draft !== null) requireRole('administrator', context.caller)
      try {
        const password = draft && configure.draftPassword('broker', name, draft.password)
        const tested = draft && password ? { config: toBrokerConfig(draft), password } : null
        return { ok: true as const, report: await connections.testBroker(name, tested, required(signal)) }
      } catch (error) {
        return failed(error)
      }
    }),
    unlock: os.connections.unlock.handler(async ({ input, signal }) => {
      const environment = await connections.environment(input.source)
      await requireMapping(engine, input.source, required(signal))
      const { unlockedUntil } = await locks.unlock({ ...input, environment })
      return { unlockedUntil }
    }),
    lock: os.connections.lock.handler(async ({ input }) => {
      await locks.lock(input.source)
      return {}
    }),
  }
}

function ofReport({ facts, warnings, ...report }: OutboxReport) {
  return {
    ...report,
    privileges: { ...report.privileges },
    ...(facts === undefined ? {} : { facts: [...facts] }),
    ...(warnings === undefined ? {} : { warnings: [...warnings] }),
  }
}

/** A queue of dead letters has no mapping. */
async function requireMapping({ mappings }: Engine, source: string, signal: AbortSignal): Promise<void> {
  if (deadLetterPlace(source) === null) await mappings.requireConfirmed(source, signal)
}
