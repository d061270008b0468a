import { watchEffect } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRoute } from 'vue-router'
import { pageOf } from '../router.ts'
import { useSources } from '../state/sources.ts'

/** Names page, source and environment where the system shows windows and tabs. */
export function usePageTitle(): void {
  const { t } = useI18n()
  const route = useRoute()
  const sources = useSources()
  watchEffect(() => {
    const page = pageOf(route.name)
    const source = sources.current
    const where = source === null ? [] : [`${source.name} (${t(`words.environment.${source.environment}`)})`]
    document.title = [...(page === undefined ? [] : [t(`shell.page.${page}`)]), ...where, 'Redrive'].join(
      ' · ',
    )
  })
}
