import { overview as contract } from '../../src-preload/contract/overview.ts'
import type { Engine } from '../app/engine.ts'
import { readNewCauses } from '../app/watch/causes.ts'
import { readFlow } from '../app/watch/flow.ts'
import { historyOf } from '../app/watch/history.ts'
import { seriesOf } from '../domain/sample-series.ts'
import type { Cells, SourceSeries } from '../domain/sample-series.ts'
import { errorData } from './errors.ts'
import { implementer } from './implementer.ts'
import { required } from './signal.ts'

export function overviewRoutes(engine: Engine) {
  const { connections, counting, ports } = engine
  const os = implementer(engine, { overview: contract })
  return {
    source: os.overview.source.handler(async ({ input, signal }) => {
      const { environment } = await connections.source(input.source)
      const head = { source: input.source, environment, asOf: ports.clock.now().toISOString() }
      try {
        const counts = await counting.counts(input.source, { freshMs: 0 }, required(signal))
        return { ...head, troubles: [...counts.troubles], unsettled: counts.unsettled, error: null }
      } catch (error) {
        const unsettled = await ports.jobReader.unsettledCount(input.source)
        return { ...head, troubles: null, unsettled, error: errorData(error, ports.log) }
      }
    }),
    flow: os.overview.flow.handler(async ({ input, signal }) => ({
      flow: await readFlow({ connections, clock: ports.clock }, input.source, required(signal)),
    })),
    causes: os.overview.causes.handler(async ({ input, signal }) => {
      const found = await readNewCauses({ connections, clock: ports.clock }, input.source, required(signal))
      return { ...found, causes: [...found.causes] }
    }),
    history: os.overview.history.handler(async ({ input }) => {
      const { frame, series } = await historyOf(ports, input.range, null)
      return {
        frame,
        sources: [...series].map(([source, { backlog, oldestSec, outcomes }]) => ({
          source,
          backlog: [...backlog],
          oldestSec: [...oldestSec],
          confirmed: [...outcomes.confirmed],
          notConfirmed: notConfirmed(outcomes),
        })),
      }
    }),
    detail: os.overview.detail.handler(async ({ input: { source, range } }) => {
      const { frame, series } = await historyOf(ports, range, source)
      const { levels, unsettled, oldestSec, outcomes } = series.get(source) ?? seriesOf([], frame)
      return {
        source,
        frame,
        stuck: [...levels.stuck],
        failed: [...levels.failed],
        unconfirmed: [...levels.unconfirmed],
        unsettled: [...unsettled],
        oldestSec: [...oldestSec],
        confirmed: [...outcomes.confirmed],
        returned: [...outcomes.returned],
        refused: [...outcomes.refused],
        unknown: [...outcomes.unknown],
      }
    }),
  }
}

function notConfirmed({ returned, refused, unknown }: SourceSeries['outcomes']): (number | null)[] {
  const at = (cells: Cells, index: number): number => cells[index] ?? 0
  return returned.map((value, index) =>
    value === null ? null : value + at(refused, index) + at(unknown, index),
  )
}
