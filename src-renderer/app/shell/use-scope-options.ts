import { computed, type ComputedRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { useScope } from '../state/scope.ts'
import { STRICTEST_FIRST, useSources } from '../state/sources.ts'

/** No source can be called so. */
const ALL = '*'

interface ScopeOptions {
  readonly options: ComputedRef<{ label: string; value: string }[]>
  /** The value of the option that is looked at; null: what is looked at is none of them. */
  readonly chosen: ComputedRef<string | null>
  /** What is said where no option is chosen. */
  readonly nothingChosen: ComputedRef<string>
  /** `value`: of an option. */
  readonly choose: (value: string) => void
}

/** What one can look at: a source, and where there are several, all of them or all of one environment. */
export function useScopeOptions(): ScopeOptions {
  const { t } = useI18n()
  const sources = useSources()
  const { scope, said, chooseOne, chooseMany } = useScope()
  const many = computed(() => scope.value.many)
  const together = computed(() =>
    sources.sources.length < 2
      ? []
      : [
          { label: t('shell.scope.all', { n: sources.sources.length }), value: ALL },
          ...STRICTEST_FIRST.flatMap((one) => {
            const n = sources.sources.filter(({ environment }) => environment === one).length
            const label = t('shell.scope.environment', { environment: t(`words.environment.${one}`), n })
            return n < 2 || n === sources.sources.length ? [] : [{ label, value: `${ALL}${one}` }]
          }),
        ],
  )
  const chosenOfMany = (): string | null => {
    const { sources: named, environment = '' } = said.value ?? {}
    const value = named === undefined || named === '*' ? `${ALL}${environment}` : null
    return together.value.some((option) => option.value === value) ? value : null
  }

  return {
    options: computed(() => [
      ...together.value,
      ...sources.sources.map(({ name }) => ({ label: name, value: name })),
    ]),
    chosen: computed(() => (many.value ? chosenOfMany() : (sources.current?.name ?? null))),
    nothingChosen: computed(() =>
      many.value ? t('shell.scope.some', { n: scope.value.places.length }) : t('shell.noSource'),
    ),
    choose: (value) => {
      const environment = STRICTEST_FIRST.find((one) => value === `${ALL}${one}`)
      if (environment !== undefined) chooseMany({ environment })
      else if (value === ALL) chooseMany({ sources: '*' })
      else chooseOne(value)
    },
  }
}
