import { computed, ref, shallowRef, watch } from 'vue'
import type { InjectionKey, Ref } from 'vue'
import type { MappingPreview } from '../../../src-preload/contract/mapping-steps.ts'
import type { MappingData } from '../../../src-preload/contract/mapping-shapes.ts'
import { toApiError } from '../../api/errors.ts'
import type { ApiError } from '../../api/errors.ts'
import { useSources } from '../../app/state/sources.ts'
import { useAsk } from '../../app/use-ask.ts'
import { useClient } from '../../app/use-client.ts'
import { useDrafts } from './draft-store.ts'
import type { Draft, Guess } from './draft-store.ts'
import { readMapping, whole, writeMapping } from './mapping-json.ts'

/** The text is still being typed. */
const SETTLED_MS = 250

export type Mapping = ReturnType<typeof useMapping>
export const mappingKey: InjectionKey<Mapping> = Symbol('mapping')

/** The mapping of a source: as it is, as it is being written, and what either makes of live rows. */
export function useMapping(source: () => string) {
  const client = useClient()
  const drafts = useDrafts()
  const sources = useSources()
  const { current, tables, asSaved, saved } = useAsked(source)
  const draft = computed(() => drafts.of(source()) ?? saved.value)
  const mapping = computed(() => (draft.value === null ? null : readMapping(draft.value.text)))
  const isChanged = computed(() => drafts.of(source()) !== null && !isSame(draft.value, saved.value))

  const looks = useLooks({ source, draft, mapping, isChanged, asSaved })
  const { seen, look, lookError } = looks
  const { problems } = useProblems(() => mapping.value)

  /** Makes it the source's. Throws ApiError. */
  async function save(options: {
    readonly confirm: boolean
    readonly typedName: string | null
  }): Promise<void> {
    const of = draft.value
    if (of === null || mapping.value === null || seen.value === null) return
    const asked = { table: of.table, mapping: mapping.value }
    await client.mappings.save({ source: source(), draft: asked, digest: seen.value.digest, ...options })
    drafts.drop(source())
    await Promise.all([current.refresh(), asSaved.refresh(), sources.refresh()])
  }

  const table = (): string => draft.value?.table ?? current.data.value?.table ?? ''
  const put = (next: Partial<Draft>): void => {
    const before = draft.value ?? { table: table(), text: '{}', guesses: [] }
    drafts.put(source(), { ...before, ...next })
  }
  return {
    ...{
      source,
      current,
      tables,
      asSaved,
      draft,
      mapping,
      isChanged,
      seen,
      isStale: looks.isStale,
      looking: looks.looking,
      lookError,
      problems,
    },
    columns: computed(
      () => tables.data.value?.tables.find(({ name }) => name === draft.value?.table)?.columns ?? [],
    ),
    /** Guesses about a place of the mapping. */
    guesses: (at: string): readonly Guess[] => draft.value?.guesses.filter((guess) => guess.at === at) ?? [],
    choose: (next: {
      readonly table: string
      readonly mapping: MappingData
      readonly guesses: readonly Guess[]
    }) => put({ table: next.table, text: writeMapping(next.mapping), guesses: next.guesses }),
    table,
    setTable: (next: string) => put({ table: next }),
    edit: (next: MappingData) => put({ text: writeMapping(whole(next)) }),
    editText: (text: string) => put({ text }),
    discard: () => {
      drafts.drop(source())
      lookError.value = null
    },
    ...{ look, save },
  }
}

/** What the source has: its mapping, the tables beside it, and live rows as it tells them. */
function useAsked(source: () => string) {
  const client = useClient()
  const current = useAsk({
    subject: source,
    ask: (name, signal) => client.mappings.current({ source: name }, { signal }),
  })
  const tables = useAsk({
    subject: source,
    ask: (name, signal) => client.mappings.tables({ source: name }, { signal }),
    live: false,
  })
  const asSaved = useAsk({
    subject: source,
    ask: (name, signal) => client.mappings.preview({ source: name }, { signal }),
    live: false,
  })
  const saved = computed<Draft | null>(() => {
    const mapping = current.data.value?.mapping ?? asSaved.data.value?.mapping
    const table = current.data.value?.table
    return mapping && table !== undefined ? { table, text: writeMapping(mapping), guesses: [] } : null
  })
  return { current, tables, asSaved, saved }
}

interface Looking {
  readonly source: () => string
  readonly draft: Ref<Draft | null>
  readonly mapping: Ref<MappingData | null>
  readonly isChanged: Ref<boolean>
  readonly asSaved: ReturnType<typeof useAsked>['asSaved']
}

/** Live rows as what is written tells them; as the source is, where nothing was changed. */
function useLooks({ source, draft, mapping, isChanged, asSaved }: Looking) {
  const client = useClient()
  const asDrafted = shallowRef<{ readonly draft: Draft; readonly preview: MappingPreview } | null>(null)
  const lookError = shallowRef<ApiError | null>(null)
  const looking = ref(false)
  const seen = computed(() =>
    isChanged.value ? (asDrafted.value?.preview ?? null) : (asSaved.data.value ?? null),
  )
  /** What is shown was looked at before the last change. */
  const isStale = computed(() => isChanged.value && !isSame(asDrafted.value?.draft ?? null, draft.value))

  watch(source, () => {
    asDrafted.value = null
    lookError.value = null
  })

  async function look(): Promise<void> {
    const of = draft.value
    if (looking.value || of === null || mapping.value === null) return
    looking.value = true
    lookError.value = null
    try {
      if (isChanged.value) {
        const asked = { source: source(), draft: { table: of.table, mapping: mapping.value } }
        asDrafted.value = { draft: of, preview: await client.mappings.preview(asked) }
      } else await asSaved.refresh()
    } catch (thrown) {
      lookError.value = toApiError(thrown)
    }
    looking.value = false
  }

  return { seen, isStale, looking, lookError, look }
}

function isSame(a: Draft | null, b: Draft | null): boolean {
  return a !== null && b !== null && a.table === b.table && a.text === b.text
}

/** Faults of what is being written, a moment after the last key. */
function useProblems(mapping: () => MappingData | null) {
  const client = useClient()
  const settled = shallowRef(mapping())
  watch(mapping, (next, _, onCleanup) => {
    const timer = setTimeout(() => (settled.value = next), SETTLED_MS)
    onCleanup(() => clearTimeout(timer))
  })
  const ask = useAsk({
    subject: () => settled.value,
    ask: (of, signal) => client.mappings.problems({ mapping: of }, { signal }),
    live: false,
  })
  return { problems: computed(() => ask.data.value?.problems ?? []) }
}
