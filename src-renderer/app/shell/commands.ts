import { computed, type ComputedRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRouter } from 'vue-router'
import { locales } from '../i18n/locale.ts'
import { pages } from '../router.ts'
import { useActs } from '../state/acts.ts'
import { usePreferences } from '../state/preferences.ts'
import { focusQuery } from '../state/query-line.ts'
import { usePlanImport } from '../state/plan-import.ts'
import { useScope } from '../state/scope.ts'
import { useSources } from '../state/sources.ts'
import { chooseFile } from './choose-file.ts'
import { languageNames, themeChoices } from './choices.ts'
import type { Command } from './command.ts'
import { goKeys } from './frame-keys.ts'
import { useTriageCommands } from './triage-commands.ts'

/** What the export writes and the desktop opens, and what the command line's examples are called. */
const PLAN_FILES = '.redrive-plan,.ndjson'

/** Everything that can be done from anywhere. */
export function useCommands({ showKeys }: { showKeys: () => void }): ComputedRef<Command[]> {
  const { t } = useI18n()
  const router = useRouter()
  const sources = useSources()
  const preferences = usePreferences()
  const acts = useActs()
  const plans = usePlanImport()
  const { chooseOne, chooseMany } = useScope()

  const triageCommands = useTriageCommands()

  return computed(() => [
    ...pages.map((page) => ({
      key: `go ${page}`,
      label: t('shell.command.go', { page: t(`shell.page.${page}`) }),
      keys: `g ${goKeys[page]}`,
      run: () => void router.push({ name: page }),
    })),
    // After the palette has given the focus back.
    { key: 'query', label: t('shell.command.query'), keys: '/', run: () => setTimeout(focusQuery) },
    { key: 'all', label: t('shell.command.all'), run: () => chooseMany({ sources: '*' }) },
    { key: 'keys', label: t('shell.command.keys'), keys: '?', run: showKeys },
    {
      key: 'open plan',
      label: t('shell.command.openPlan'),
      run: () => chooseFile(PLAN_FILES, (files) => void plans.take(files)),
    },
    ...triageCommands.value,
    ...sources.sources.map(({ name }) => ({
      key: `source ${name}`,
      label: t('shell.command.source', { source: name }),
      run: () => chooseOne(name),
    })),
    ...sources.sources.map(({ name }) => ({
      key: `unlock ${name}`,
      label: t('shell.command.unlock', { source: name }),
      run: () => acts.unlock({ source: name }),
    })),
    ...themeChoices.map((theme) => ({
      key: `theme ${theme}`,
      label: t('shell.command.theme', { theme: t(`shell.theme.${theme}`) }),
      run: () => {
        preferences.theme = theme
      },
    })),
    ...locales.map((locale) => ({
      key: `language ${locale}`,
      label: t('shell.command.language', { language: languageNames[locale] }),
      run: () => {
        preferences.locale = locale
      },
    })),
  ])
}
