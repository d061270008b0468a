import type { Engine } from '../app/engine.ts'
import type { Implementer } from './implementer.ts'
import { required } from './signal.ts'

export function evidenceRoutes(os: Implementer, { dedupe, ports }: Engine) {
  return {
    check: os.evidence.check.handler(async ({ input, signal }) => {
      const { findings, ...report } = await dedupe.check(input.source, required(signal))
      return { ...report, findings: [...findings], asOf: ports.clock.now().toISOString() }
    }),
  }
}
