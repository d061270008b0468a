import { mappings as contract } from '../../src-preload/contract/mappings.ts'
import type { Engine } from '../app/engine.ts'
import { refusable } from '../domain/mapping/mapping.ts'
import { refusalOf } from '../domain/mapping/refusals.ts'
import { implementer } from './implementer.ts'
import { mappingDraftRoutes } from './mapping-draft-routes.ts'
import { mappingStepRoutes } from './mapping-step-routes.ts'
import { required } from './signal.ts'

export function mappingRoutes(engine: Engine) {
  const { connections } = engine
  const os = implementer(engine, { mappings: contract })
  return {
    ...mappingDraftRoutes(engine),
    ...mappingStepRoutes(engine),
    check: os.mappings.check.handler(({ input: { source }, signal }) =>
      connections.withOutbox(
        source,
        async (outbox) => {
          const { mapping } = outbox
          const { profile, mappingDigest, table, drift, indexed } = await outbox.report(required(signal))
          const refusals = refusable.flatMap((action) => {
            const refusal = refusalOf(mapping, action)
            return refusal === null ? [] : [{ action, ...refusal }]
          })
          const states = [...new Set(mapping.states.map(({ state }) => state))]
          return { profile, digest: mappingDigest, table, drift, states, indexed, refusals }
        },
        required(signal),
      ),
    ),
    explain: os.mappings.explain.handler(({ input: { source }, signal }) =>
      connections.withOutbox(
        source,
        async (outbox) => ({
          statements: (await outbox.explain(required(signal))).map(({ plan, warnings, ...rest }) => ({
            ...rest,
            plan: [...plan],
            warnings: [...warnings],
          })),
        }),
        required(signal),
      ),
    ),
  }
}
