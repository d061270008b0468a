import type { Engine } from '../app/engine.ts'
import { alertRoutes } from './alert-routes.ts'
import { auditRoutes } from './audit-routes.ts'
import { brokerRoutes } from './broker-routes.ts'
import { callbackRoutes } from './callback-routes.ts'
import { connectionRoutes } from './connection-routes.ts'
import { deadLetterRoutes } from './dead-letter-routes.ts'
import { evidenceRoutes } from './evidence-routes.ts'
import { implementer } from './implementer.ts'
import { jobRoutes } from './job-routes.ts'
import { journalRoutes } from './journal-routes.ts'
import { mappingDraftRoutes } from './mapping-draft-routes.ts'
import { mappingStepRoutes } from './mapping-step-routes.ts'
import { mappingRoutes } from './mapping-routes.ts'
import { messageRoutes } from './message-routes.ts'
import { operatorRoutes } from './operator-routes.ts'
import { overviewRoutes } from './overview-routes.ts'
import { placesRoutes } from './places-routes.ts'
import { planRoutes } from './plan-routes.ts'
import { sessionRoutes } from './session-routes.ts'
import type { EngineInfo } from './session-routes.ts'
import { required } from './signal.ts'
import { halfMessageRoutes } from './half-message-routes.ts'
import { sweepRoutes } from './sweep-routes.ts'
import { triageRoutes } from './triage-routes.ts'

/** The whole API on one engine. */
export function createRouter(engine: Engine, info: EngineInfo) {
  const os = implementer(engine)
  return os.router({
    alerts: alertRoutes(os, engine),
    audits: auditRoutes(os, engine),
    brokers: brokerRoutes(os, engine),
    callback: callbackRoutes(os, engine),
    connections: connectionRoutes(os, engine),
    deadLetters: deadLetterRoutes(os, engine),
    decisions: {
      resolve: os.decisions.resolve.handler(async ({ input, signal }) => ({
        results: [...(await engine.resolving.resolve(input, required(signal)))],
      })),
      undo: os.decisions.undo.handler(({ input, signal }) =>
        engine.resolving.undo(input.decision, required(signal)),
      ),
      recent: os.decisions.recent.handler(async ({ input }) => ({
        decisions: [...(await engine.ports.decisionStore.recent(input.source, input.limit))],
      })),
    },
    evidence: evidenceRoutes(os, engine),
    jobs: jobRoutes(os, engine),
    journal: journalRoutes(os, engine),
    mappings: {
      ...mappingRoutes(os, engine),
      ...mappingStepRoutes(os, engine),
      ...mappingDraftRoutes(os, engine),
    },
    messages: messageRoutes(os, engine),
    operators: operatorRoutes(os, engine),
    overview: overviewRoutes(os, engine),
    places: placesRoutes(os, engine),
    plans: planRoutes(os, engine),
    session: sessionRoutes(os, engine, info),
    sweeps: sweepRoutes(os, engine),
    halfMessages: halfMessageRoutes(os, engine),
    ...triageRoutes(os, engine),
  })
}

export type EngineRouter = ReturnType<typeof createRouter>
