import { decisions as contract } from '../../src-preload/contract/decisions.ts'
import type { Engine } from '../app/engine.ts'
import { implementer } from './implementer.ts'
import { required } from './signal.ts'

export function decisionRoutes(engine: Engine) {
  const { resolving, ports } = engine
  const os = implementer(engine, { decisions: contract })
  return {
    resolve: os.decisions.resolve.handler(async ({ input, signal }) => ({
      results: [...(await resolving.resolve(input, required(signal)))],
    })),
    undo: os.decisions.undo.handler(({ input, signal }) => resolving.undo(input.decision, required(signal))),
    recent: os.decisions.recent.handler(async ({ input }) => ({
      decisions: [...(await ports.decisionStore.recent(input.source, input.limit))],
    })),
  }
}
