import { implement } from '@orpc/server'
import { contract } from '../../../src-preload/contract/index.ts'
import { iso, meet, type World } from './fake-world.ts'

const PROFILE = 'redrive-reference'
const TABLE = 'public.outbox_message'

/** Every source of the world has Redrive's own layout. */
export function fakeMappings(world: World) {
  const { mappings } = implement(contract)
  return {
    check: mappings.check.handler(async ({ input }) => {
      await meet(world, 'mappings.check', input.source)
      return {
        ...{ profile: PROFILE, digest: '0'.repeat(64), table: TABLE },
        ...{ drift: null, states: [], indexed: true, refusals: [] },
      }
    }),
    explain: mappings.explain.handler(async ({ input }) => {
      await meet(world, 'mappings.explain', input.source)
      return { statements: [] }
    }),
    detect: mappings.detect.handler(async ({ input }) => {
      await meet(world, 'mappings.detect', input.source)
      return { candidates: [] }
    }),
    preview: mappings.preview.handler(async ({ input }) => {
      await meet(world, 'mappings.preview', input.source)
      return {
        ...{ source: input.source, table: TABLE, profile: PROFILE, mapping: {}, digest: null },
        ...{ confirmed: null, unsafe: [], states: [], actions: [] },
      }
    }),
    confirm: mappings.confirm.handler(async ({ input }) => {
      await meet(world, 'mappings.confirm', input.source)
      const { source, digest } = input
      return { source, digest, operator: world.operator, at: iso(world.now()), actions: [] }
    }),
    retry: mappings.retry.handler(async ({ input }) => {
      await meet(world, 'mappings.retry', input.source)
      return {
        results: input.items.map(({ id }) => ({ id, applied: false, code: 'action-refused' as const })),
      }
    }),
  }
}
