import './base.css'
import { createPinia } from 'pinia'
import { createApp, watch, type App as VueApp } from 'vue'
import type { Router } from 'vue-router'
import { engineKey, type Engine } from '../api/client.ts'
import { sayErrorKey, sayWordsKey } from '../ui/sentences.ts'
import App from './App.vue'
import { createConsoleI18n, type ConsoleI18n } from './i18n/i18n.ts'
import { sayErrorIn } from './i18n/say-error.ts'
import { sayWordsIn } from './i18n/say-words.ts'
import { createConsoleRouter } from './router.ts'
import { usePreferences } from './state/preferences.ts'
import { useSession } from './state/session.ts'
import { paint } from './theme.ts'

export interface Console {
  readonly app: VueApp
  readonly router: Router
  readonly i18n: ConsoleI18n
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
  const i18n = createConsoleI18n(preferences.locale)
  app.provide(
    sayErrorKey,
    sayErrorIn(() => preferences.locale),
  )
  app.provide(
    sayWordsKey,
    sayWordsIn(() => preferences.locale),
  )
  app.use(i18n)
  app.use(router)

  const root = document.documentElement
  const stops = [
    watch(
      () => preferences.shownTheme,
      (theme) => paint(theme, root),
      { immediate: true },
    ),
    watch(
      () => preferences.locale,
      (locale) => {
        i18n.global.locale.value = locale
        root.lang = locale
      },
      { immediate: true },
    ),
  ]
  void app.runWithContext(() => useSession(pinia)).follow(ended.signal)
  app.onUnmount(() => {
    ended.abort()
    for (const stop of stops) stop()
    engine.close()
  })
  return { app, router, i18n }
}
