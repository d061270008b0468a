import { lazy } from '@orpc/server'
import type { AnyRouter, Lazy, Router } from '@orpc/server'
import type { Contract } from '../../src-preload/contract/index.ts'
import type { Engine } from '../app/engine.ts'
import { connectionRoutes } from './connection-routes.ts'
import type { CallContext } from './implementer.ts'
import { overviewRoutes } from './overview-routes.ts'
import { sessionRoutes } from './session-routes.ts'
import type { EngineInfo } from './session-routes.ts'
import { sweepRoutes } from './sweep-routes.ts'
import { triageRoutes } from './triage-routes.ts'

/**
 * The whole API on one engine. What a window asks first is here at once; each of the other areas is read, and its schemas
 * made, when it is first asked for: all of them took a tenth of the engine's start.
 */
export function createRouter(engine: Engine, info: EngineInfo) {
  return {
    connections: connectionRoutes(engine),
    overview: overviewRoutes(engine),
    session: sessionRoutes(engine, info),
    sweeps: sweepRoutes(engine),
    ...triageRoutes(engine),
    alerts: later(async () => (await import('./alert-routes.ts')).alertRoutes(engine)),
    audits: later(async () => (await import('./audit-routes.ts')).auditRoutes(engine)),
    brokers: later(async () => (await import('./broker-routes.ts')).brokerRoutes(engine)),
    callback: later(async () => (await import('./callback-routes.ts')).callbackRoutes(engine)),
    deadLetters: later(async () => (await import('./dead-letter-routes.ts')).deadLetterRoutes(engine)),
    decisions: later(async () => (await import('./decision-routes.ts')).decisionRoutes(engine)),
    evidence: later(async () => (await import('./evidence-routes.ts')).evidenceRoutes(engine)),
    halfMessages: later(async () => (await import('./half-message-routes.ts')).halfMessageRoutes(engine)),
    jobs: later(async () => (await import('./job-routes.ts')).jobRoutes(engine)),
    journal: later(async () => (await import('./journal-routes.ts')).journalRoutes(engine)),
    mappings: later(async () => (await import('./mapping-routes.ts')).mappingRoutes(engine)),
    messages: later(async () => (await import('./message-routes.ts')).messageRoutes(engine)),
    operators: later(async () => (await import('./operator-routes.ts')).operatorRoutes(engine)),
    places: later(async () => (await import('./places-routes.ts')).placesRoutes(engine)),
    plans: later(async () => (await import('./plan-routes.ts')).planRoutes(engine)),
  } satisfies Router<Contract, CallContext>
}

export type EngineRouter = ReturnType<typeof createRouter>

/** Made once, by whoever asks first. */
function later<T extends AnyRouter>(make: () => Promise<T>): Lazy<T> {
  let made: Promise<{ default: T }> | null = null
  return lazy(() => (made ??= make().then((routes) => ({ default: routes }))))
}
