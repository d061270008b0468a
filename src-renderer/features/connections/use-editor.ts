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

/** One thing at a time; what went wrong with it stands beside the form. */
function useAttempt() {
  const busy = ref<'save' | 'test' | null>(null)
  const error = shallowRef<ApiError | null>(null)
  return {
    busy,
    error,
    forget: () => {
      error.value = null
    },
    async attempt(what: 'save' | 'test', work: () => Promise<void>): Promise<boolean> {
      if (busy.value !== null) return false
      busy.value = what
      error.value = null
      try {
        await work()
        return true
      } catch (thrown) {
        error.value = toApiError(thrown)
        return false
      } finally {
        busy.value = null
      }
    },
  }
}

interface TestOptions<Fields extends ConnectionFields, Report> {
  readonly fields: () => Fields
  readonly dirty: () => boolean
  readonly options: EditorOptions<Fields, Report>
}

/** The last test: what it found, and whether it speaks of the fields that are shown. */
function useTest<Fields extends ConnectionFields, Report>({
  fields,
  dirty,
  options,
}: TestOptions<Fields, Report>) {
  const tested = shallowRef<{ readonly result: TestResult<Report>; readonly of: string } | null>(null)
  const shown = computed(() => JSON.stringify(fields()))
  return {
    result: computed(() => tested.value?.result ?? null),
    outdated: computed(() => tested.value !== null && tested.value.of !== shown.value),
    async run(name: string): Promise<void> {
      const of = shown.value
      tested.value = null
      const result = await options.test(name, options.isNew() || dirty() ? fields() : null)
      tested.value = { result, of }
    },
  }
}

/** What was typed as a password is gone from the page as soon as the engine has it. */
function withoutPassword<Fields extends ConnectionFields>(fields: Fields): Fields {
  const passwordChoice = fields.passwordChoice === 'none' ? 'none' : 'keep'
  return { ...fields, passwordChoice, passwordValue: '', passwordVariable: '' }
}

/** The form of one connection: what was typed, what is wrong with it, how its test went. */
export function useEditor<Fields extends ConnectionFields, Report>(options: EditorOptions<Fields, Report>) {
  const typed = shallowRef<Fields>(options.initial())
  const tried = ref(false)
  const doing = useAttempt()
  const saved = ref(false)

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
    doing.forget()
  }

  async function attempt(
    what: 'save' | 'test',
    found: Problems,
    work: () => Promise<void>,
  ): Promise<boolean> {
    tried.value = true
    return Object.keys(found).length === 0 && doing.attempt(what, work)
  }

  const test = useTest({ fields: () => typed.value, dirty: () => dirty.value, options })

  function save(): Promise<boolean> {
    return attempt('save', allProblems.value, async () => {
      await options.save(typed.value)
      typed.value = withoutPassword(typed.value)
      tried.value = false
      saved.value = true
    })
  }

  function runTest(): Promise<boolean> {
    const { name, ...others } = allProblems.value
    return attempt('test', others, () => test.run(name === undefined ? typed.value.name : UNNAMED))
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
    busy: doing.busy,
    error: doing.error,
    saved,
    result: test.result,
    outdated: test.outdated,
    reset,
    save,
    test: runTest,
  }
}
