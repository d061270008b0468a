import { computed, ref, shallowRef, watch } from 'vue'
import type { ErrorData } from '../../../src-preload/contract/errors.ts'
import { toApiError } from '../../api/errors.ts'
import type { ApiError } from '../../api/errors.ts'
import type { ConnectionFields, Problems } from './connection-form.ts'

export type TestResult<Report> =
  { readonly ok: true; readonly report: Report } | { readonly ok: false; readonly error: ErrorData }

interface EditorOptions<Fields extends ConnectionFields, Report> {
  /** The fields of the saved connection, or those of a new one. */
  readonly initial: () => Fields
  readonly isNew: () => boolean
  readonly problems: (fields: Fields) => Problems
  readonly save: (fields: Fields) => Promise<unknown>
  /** Null: the saved connection as it is; otherwise these fields, unsaved. */
  readonly test: (name: string, fields: Fields | null) => Promise<TestResult<Report>>
}

/** A test needs a name where the connection has none yet; it names nothing that is kept. */
const UNNAMED = 'draft'

/** What was typed as a password is gone from the page as soon as the engine has it. */
function withoutPassword<Fields extends ConnectionFields>(fields: Fields): Fields {
  const passwordChoice = fields.passwordChoice === 'none' ? 'none' : 'keep'
  return { ...fields, passwordChoice, passwordValue: '', passwordVariable: '' }
}

/** The form of one connection: what was typed, what is wrong with it, how its test went. */
export function useEditor<Fields extends ConnectionFields, Report>(options: EditorOptions<Fields, Report>) {
  const typed = shallowRef<Fields>(options.initial())
  const tried = ref(false)
  const busy = ref<'save' | 'test' | null>(null)
  const error = shallowRef<ApiError | null>(null)
  const saved = ref(false)
  const tested = shallowRef<{ readonly result: TestResult<Report>; readonly of: string } | null>(null)

  const fields = computed<Fields>({
    get: () => typed.value,
    set: (next) => {
      typed.value = next
      saved.value = false
    },
  })
  const dirty = computed(() => JSON.stringify(fields.value) !== JSON.stringify(options.initial()))
  const allProblems = computed(() => options.problems(fields.value))
  /** Nobody is told off before having tried. */
  const problems = computed<Problems>(() => (tried.value ? allProblems.value : {}))

  function reset(): void {
    typed.value = options.initial()
    tried.value = false
    error.value = null
  }

  async function save(): Promise<boolean> {
    tried.value = true
    error.value = null
    saved.value = false
    if (busy.value !== null || Object.keys(allProblems.value).length > 0) return false
    busy.value = 'save'
    try {
      await options.save(fields.value)
      typed.value = withoutPassword(fields.value)
      saved.value = true
      tried.value = false
      return true
    } catch (thrown) {
      error.value = toApiError(thrown)
      return false
    } finally {
      busy.value = null
    }
  }

  async function test(): Promise<void> {
    const { name, ...others } = allProblems.value
    tried.value = true
    error.value = null
    if (busy.value !== null || Object.keys(others).length > 0) return
    busy.value = 'test'
    tested.value = null
    const unsaved = options.isNew() || dirty.value
    const of = JSON.stringify(fields.value)
    try {
      const asked = name === undefined ? fields.value.name : UNNAMED
      tested.value = { result: await options.test(asked, unsaved ? fields.value : null), of }
    } catch (thrown) {
      error.value = toApiError(thrown)
    }
    busy.value = null
  }

  // The connection was changed elsewhere, or comes back from a save: the form starts again from it.
  watch(
    () => JSON.stringify(options.initial()),
    () => {
      if (!options.isNew()) reset()
    },
  )

  return {
    fields,
    dirty,
    problems,
    busy,
    error,
    saved,
    result: computed(() => tested.value?.result ?? null),
    /** The result speaks of other fields than those shown. */
    outdated: computed(() => tested.value !== null && tested.value.of !== JSON.stringify(fields.value)),
    reset,
    save,
    test,
  }
}
