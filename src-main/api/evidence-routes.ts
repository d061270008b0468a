import { evidenceChecks as contract } from '../../src-preload/contract/evidence.ts'
import type { Engine } from '../app/engine.ts'
import { implementer } from './implementer.ts'
import { required } from './signal.ts'

export function evidenceRoutes(engine: Engine) {
  const { dedupe, ports } = engine
  const os = implementer(engine, { evidence: contract })
  return {
    check: os.evidence.check.handler(async ({ input, signal }) => {
      const { findings, ...report } = await dedupe.check(input.source, required(signal))
      return { ...report, findings: [...findings], asOf: ports.clock.now().toISOString() }
    }),
  }
}
