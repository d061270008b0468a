import { places as contract } from '../../src-preload/contract/places.ts'
import type { PlacesReport as ReportView } from '../../src-preload/contract/places.ts'
import { auditPlaces } from '../app/audit/places-report.ts'
import type { SealedPlaces } from '../app/audit/places-report.ts'
import type { PlacesReport } from '../app/audit/places.ts'
import type { Engine } from '../app/engine.ts'
import { sayPlace } from '../domain/chain/places.ts'
import { implementer } from './implementer.ts'
import { required } from './signal.ts'

/** Time between two words of progress. */
const PROGRESS_EVERY_MS = 500

export function placesRoutes(engine: Engine) {
  const { ports, connections } = engine
  const os = implementer(engine, { places: contract })
  return {
    compare: os.places.compare.handler(async function* ({ input, signal }) {
      let messages = 0
      const stop = new AbortController()
      const limited = AbortSignal.any([required(signal), stop.signal])
      const moved = (count: number): void => {
        messages = count
      }
      const comparing = auditPlaces({ ports, connections }, input, moved, limited)
      // Whoever stops listening ends the reading too.
      try {
        let sealed: SealedPlaces | null = null
        while (sealed === null) {
          const pause = ports.clock.sleep(PROGRESS_EVERY_MS, limited).then(() => null)
          sealed = await Promise.race([comparing, pause])
          if (sealed === null) yield { type: 'progress' as const, messages }
          else pause.catch(() => undefined)
        }
        const { report, ...texts } = sealed
        yield { type: 'report' as const, report: reportView(report), ...texts }
      } finally {
        stop.abort()
        comparing.catch(() => undefined)
      }
    }),
  }
}

function reportView({ findings, positions, remarks, untold, byKind, ...report }: PlacesReport): ReportView {
  return {
    ...report,
    untold: [...untold],
    byKind: { ...byKind },
    findings: findings.map((finding) => ({ ...finding, says: sayPlace(finding) })),
    positions: [...positions],
    remarks: [...remarks],
  }
}
