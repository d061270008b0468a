import './base.css'
import { createPinia } from 'pinia'
import { createApp, shallowRef, watch, type App as VueApp } from 'vue'
import type { Router } from 'vue-router'
import { engineKey, type Engine } from '../api/client.ts'
import { sayErrorKey, sayWordsKey } from '../ui/sentences.ts'
import App from './App.vue'
import { componentThemeKey, createComponentTheme } from './component-theme.ts'
import { createConsoleI18n, type ConsoleI18n } from './i18n/i18n.ts'
import { loadTranslation } from './i18n/load-translation.ts'
import type { Locale } from './i18n/locale.ts'
import { sayErrorIn } from './i18n/say-error.ts'
import { sayWordsIn } from './i18n/say-words.ts'
import { translationKey, type Translation } from './i18n/translation.ts'
import { createConsoleRouter } from './router.ts'
import { usePreferences } from './state/preferences.ts'
import { useRestarts } from './state/restarts.ts'
import { useSession } from './state/session.ts'
import { paint } from './theme.ts'

export interface Console {
  readonly app: VueApp
  readonly router: Router
  readonly i18n: ConsoleI18n
  /** Resolves when the operator's language and theme are there; a page that is mounted before is English, and its components light. */
  readonly dressed: Promise<unknown>
}

/** The whole page, wired but not mounted. What is given is used, also in tests: a real engine's client or a double. */
export function createConsole({ engine }: { engine: Engine }): Console {
  const app = createApp(App)
  const pinia = createPinia()
  const router = createConsoleRouter()
  const ended = new AbortController()
  app.provide(engineKey, engine)
  app.use(pinia)

  const preferences = app.runWithContext(() => usePreferences(pinia))
  app.runWithContext(() => useRestarts(pinia))
  const i18n = createConsoleI18n()
  const { translation, speak } = createSpeech(i18n, () => preferences.locale)
  const { theme, dress } = createComponentTheme(() => preferences.shownTheme)
  app.provide(translationKey, translation)
  app.provide(componentThemeKey, theme)
  app.provide(
    sayErrorKey,
    sayErrorIn(() => translation.value),
  )
  app.provide(
    sayWordsKey,
    sayWordsIn(() => translation.value),
  )
  app.use(i18n)
  app.use(router)

  const stops = [
    watch(
      () => preferences.shownTheme,
      (theme) => paint(theme, document.documentElement),
      { immediate: true },
    ),
    watch(() => preferences.locale, speak),
    watch(() => preferences.shownTheme, dress),
  ]
  void app.runWithContext(() => useSession(pinia)).follow(ended.signal)
  app.onUnmount(() => {
    ended.abort()
    for (const stop of stops) stop()
    engine.close()
  })
  const dressed = Promise.all([speak(preferences.locale), dress(preferences.shownTheme)])
  return { app, router, i18n, dressed }
}

/** `wanted` is asked again once a language was loaded: who chose twice hears the last one. */
function createSpeech(i18n: ConsoleI18n, wanted: () => Locale) {
  const translation = shallowRef<Translation | null>(null)
  const speak = async (locale: Locale): Promise<void> => {
    // A page whose engine is gone loads nothing more: it goes on in the language that it has.
    const loaded = await loadTranslation(locale).catch(() => undefined)
    if (loaded === undefined || wanted() !== locale) return
    if (loaded !== null) i18n.global.setLocaleMessage(locale, loaded.messages)
    translation.value = loaded
    i18n.global.locale.value = locale
    document.documentElement.lang = locale
  }
  return { translation, speak }
}
