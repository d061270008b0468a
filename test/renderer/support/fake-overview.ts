import { implement } from '@orpc/server'
import { overview } from '../../../src-preload/contract/overview.ts'
import type { OverviewRange, SourceDetail, SourceHistory } from '../../../src-preload/contract/overview.ts'
import { sourceOverview } from './fake-reads.ts'
import { meet } from './fake-world.ts'
import type { World } from './fake-world.ts'

const CELLS = 12
const CELL_MS: Readonly<Record<OverviewRange, number>> = {
  '1h': 120_000,
  '6h': 300_000,
  '24h': 600_000,
  '14d': 7_200_000,
}

/** Twelve cells that end now; the test says what was seen in them. */
export function historyOf(source: string, more: Partial<SourceHistory> = {}): SourceHistory {
  const none = Array.from({ length: CELLS }, () => null)
  return { source, backlog: none, oldestSec: none, confirmed: none, notConfirmed: none, ...more }
}

export function fakeOverview(world: World) {
  const os = implement(overview)
  const frame = (range: OverviewRange) => {
    const cellMs = CELL_MS[range]
    return { fromMs: Math.floor(world.now() / cellMs) * cellMs - (CELLS - 1) * cellMs, cellMs, cells: CELLS }
  }
  return {
    source: os.source.handler(async ({ input }) => {
      await meet(world, 'overview.source', input.source)
      return sourceOverview(world, input.source)
    }),
    flow: os.flow.handler(async ({ input }) => {
      await meet(world, 'overview.flow', input.source)
      return { flow: world.flows.get(input.source) ?? null }
    }),
    causes: os.causes.handler(async ({ input }) => {
      await meet(world, 'overview.causes', input.source)
      return world.causes.get(input.source) ?? { causes: [], complete: false }
    }),
    history: os.history.handler(async ({ input }) => {
      await meet(world, 'overview.history', null)
      return { frame: frame(input.range), sources: [...world.histories.values()] }
    }),
    detail: os.detail.handler(async ({ input }): Promise<SourceDetail> => {
      await meet(world, 'overview.detail', input.source)
      const { backlog, oldestSec, confirmed, notConfirmed } =
        world.histories.get(input.source) ?? historyOf(input.source)
      const nothing = backlog.map((value) => (value === null ? null : 0))
      return {
        source: input.source,
        frame: frame(input.range),
        stuck: nothing,
        failed: backlog,
        unconfirmed: nothing,
        unsettled: nothing,
        oldestSec,
        confirmed,
        returned: notConfirmed,
        refused: nothing,
        unknown: nothing,
      }
    }),
  }
}
