import { implement } from '@orpc/server'
import { contract } from '../../../src-preload/contract/index.ts'
import type {
  CurrentMapping,
  MappingProblem,
  SurveyedTable,
} from '../../../src-preload/contract/mapping-drafts.ts'
import type { MappingDraft } from '../../../src-preload/contract/mapping-shapes.ts'
import type { MappingCandidate, MappingPreview } from '../../../src-preload/contract/mapping-steps.ts'
import { changed, iso, meet, note, refuse, sourceOf, type World } from './fake-world.ts'

const PROFILE = 'redrive-reference'
const TABLE = 'public.outbox_message'

/** What a test lets the engine say of the mapping of one source. */
export interface FakeMapping {
  current: CurrentMapping
  tables: SurveyedTable[]
  candidates: MappingCandidate[]
  problems: (mapping: unknown) => MappingProblem[]
  preview: (draft: MappingDraft | null) => MappingPreview
  /** What was saved, in order. */
  readonly saved: {
    readonly draft: MappingDraft
    readonly confirm: boolean
    readonly typedName: string | null
  }[]
  /** Ids that a retry hands back. */
  handsBack: ReadonlySet<string>
}

const all = new WeakMap<World, Map<string, FakeMapping>>()

/** Every source has Redrive's own layout, until a test says otherwise. */
export function mappingOf(world: World, source: string): FakeMapping {
  const known = all.get(world) ?? new Map<string, FakeMapping>()
  all.set(world, known)
  const found = known.get(source) ?? ownLayout(source)
  known.set(source, found)
  return found
}

function ownLayout(source: string): FakeMapping {
  return {
    current: { table: TABLE, profile: PROFILE, mapping: null, file: null },
    tables: [],
    candidates: [],
    problems: () => [],
    preview: () => ({
      ...{ source, table: TABLE, profile: PROFILE, mapping: {}, digest: null, confirmed: null, before: null },
      ...{ unsafe: [], refusals: [], statements: [], states: [], actions: [] },
    }),
    saved: [],
    handsBack: new Set(),
  }
}

export function fakeMappings(world: World) {
  const { mappings } = implement(contract)
  const of = async (call: string, source: string): Promise<FakeMapping> => {
    await meet(world, `mappings.${call}`, source)
    return mappingOf(world, source)
  }
  return {
    check: mappings.check.handler(async ({ input }) => {
      await of('check', input.source)
      return {
        ...{ profile: PROFILE, digest: '0'.repeat(64), table: TABLE },
        ...{ drift: null, states: [], indexed: true, refusals: [] },
      }
    }),
    explain: mappings.explain.handler(async ({ input }) => {
      await of('explain', input.source)
      return { statements: [] }
    }),
    current: mappings.current.handler(async ({ input }) => (await of('current', input.source)).current),
    tables: mappings.tables.handler(async ({ input }) => ({
      tables: (await of('tables', input.source)).tables,
    })),
    problems: mappings.problems.handler(({ input }) => ({
      problems: [...(all.get(world)?.values() ?? [])].flatMap((one) => one.problems(input.mapping)),
    })),
    detect: mappings.detect.handler(async ({ input }) => {
      const { candidates } = await of('detect', input.source)
      return { candidates: candidates.filter(({ table }) => table === (input.table ?? table)) }
    }),
    preview: mappings.preview.handler(async ({ input }) =>
      (await of('preview', input.source)).preview(input.draft ?? null),
    ),
    save: mappings.save.handler(async ({ input: { source, draft, digest, confirm, typedName } }) => {
      const fake = await of('save', source)
      const seen = fake.preview(draft)
      if (seen.digest !== digest) refuse('mapping-digest-mismatch', { source, digest: seen.digest ?? '-' })
      if (seen.actions.some(({ risks }) => risks.length > 0))
        refuse('mapping-unsafe', { problem: 'x', instead: 'y' })
      if (sourceOf(world, source).connection.environment === 'production' && typedName !== source)
        refuse('name-not-typed', { source })
      fake.saved.push({ draft, confirm, typedName })
      fake.current = { ...fake.current, table: draft.table, mapping: draft.mapping }
      note(world, { action: 'workspace-changed', source })
      changed(world)
      if (!confirm || digest === null) return { confirmed: null }
      const actions = ['resend' as const, 'retry' as const]
      const confirmed = { source, digest, operator: world.operator, at: iso(world.now()), actions }
      const { preview } = fake
      fake.preview = (next) => ({ ...preview(next), confirmed, before: null })
      return { confirmed }
    }),
    confirm: mappings.confirm.handler(async ({ input }) => {
      await of('confirm', input.source)
      const { source, digest } = input
      return { source, digest, operator: world.operator, at: iso(world.now()), actions: [] }
    }),
    retry: mappings.retry.handler(async ({ input }) => {
      const { handsBack } = await of('retry', input.source)
      return {
        results: input.items.map(({ id }) =>
          handsBack.has(id)
            ? { id, applied: true, code: null }
            : { id, applied: false, code: 'action-refused' as const },
        ),
      }
    }),
  }
}
